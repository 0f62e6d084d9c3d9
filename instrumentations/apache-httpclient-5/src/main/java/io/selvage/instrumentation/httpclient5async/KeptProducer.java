package io.selvage.instrumentation.httpclient5async;

import io.selvage.engine.flow.Attempt;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Set;
import org.apache.hc.core5.http.EntityDetails;
import org.apache.hc.core5.http.nio.AsyncEntityProducer;
import org.apache.hc.core5.http.nio.DataStreamChannel;
import org.jspecify.annotations.Nullable;

/** A body that was kept when it was sent first; framed as the application said. */
final class KeptProducer implements AsyncEntityProducer {
  private final EntityDetails original;
  private final Attempt attempt;
  private final ByteBuffer bytes;

  KeptProducer(EntityDetails original, Attempt attempt, byte[] bytes) {
    this.original = original;
    this.attempt = attempt;
    this.bytes = ByteBuffer.wrap(bytes);
  }

  @Override
  public void produce(DataStreamChannel channel) throws IOException {
    attempt.requestSent();
    if (bytes.hasRemaining()) {
      channel.write(bytes);
    }
    if (!bytes.hasRemaining()) {
      channel.endStream();
    }
  }

  @Override
  public int available() {
    return bytes.remaining();
  }

  @Override
  public boolean isRepeatable() {
    return false;
  }

  @Override
  public void failed(Exception cause) {
    // there is nothing to let go
  }

  @Override
  public void releaseResources() {
    // there is nothing to let go
  }

  @Override
  public long getContentLength() {
    return original.getContentLength();
  }

  @Override
  public @Nullable String getContentType() {
    return original.getContentType();
  }

  @Override
  public @Nullable String getContentEncoding() {
    return original.getContentEncoding();
  }

  @Override
  public boolean isChunked() {
    return original.isChunked();
  }

  /** Bodies with trailers are not kept. */
  @Override
  public @Nullable Set<String> getTrailerNames() {
    return null;
  }
}
