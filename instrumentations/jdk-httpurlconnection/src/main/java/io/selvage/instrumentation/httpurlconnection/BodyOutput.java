package io.selvage.instrumentation.httpurlconnection;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/**
 * What the application writes as a request's body: kept whole where the JDK would keep it whole; in
 * a streaming mode kept up to a bound and sent on from there. One thread.
 */
final class BodyOutput extends OutputStream {
  /** Up to here a streamed body can be sent again. */
  static final int REPLAY_BYTES = 64 * 1024;

  /** Starts to send; returns null when the mesh has answered already. */
  interface Start {
    @Nullable OutputStream streaming() throws IOException;
  }

  private final boolean streams;
  private final Start start;
  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
  private @Nullable OutputStream sink;
  private boolean closed;

  BodyOutput(boolean streams, Start start) {
    this.streams = streams;
    this.start = start;
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    if (closed) {
      throw new IOException("Stream is closed");
    }
    OutputStream out = sink;
    if (out == null && streams && kept.size() + length > REPLAY_BYTES) {
      OutputStream begun = start.streaming();
      out = begun == null ? OutputStream.nullOutputStream() : begun;
      sink = out;
      kept.writeTo(out);
      kept.reset();
    }
    if (out != null) {
      out.write(bytes, offset, length);
    } else {
      kept.write(bytes, offset, length);
    }
  }

  @Override
  public void flush() throws IOException {
    if (sink != null) {
      sink.flush();
    }
  }

  @Override
  public void close() throws IOException {
    closed = true;
    if (sink != null) {
      sink.close();
    }
  }

  /** Whether the body is on its way already. */
  boolean isSending() {
    return sink != null;
  }

  byte[] whole() {
    return kept.toByteArray();
  }
}
