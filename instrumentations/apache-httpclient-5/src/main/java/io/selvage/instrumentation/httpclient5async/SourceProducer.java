package io.selvage.instrumentation.httpclient5async;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.BodyReplay;
import io.selvage.extension.KeptBody;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.nio.AsyncEntityProducer;
import org.apache.hc.core5.http.nio.DataStreamChannel;
import org.jspecify.annotations.Nullable;

/**
 * The application's producer as one attempt uses it: tells the attempt when it is first touched,
 * keeps what passes, and is silent once another attempt has taken its place.
 */
final class SourceProducer implements AsyncEntityProducer {
  private final AsyncEntityProducer source;
  private final Attempt attempt;
  private final @Nullable KeptBody kept;
  private final boolean keeping;
  private boolean begun;
  private boolean detached;
  private volatile boolean over;

  SourceProducer(AsyncEntityProducer source, Attempt attempt, @Nullable KeptBody kept) {
    this.source = source;
    this.attempt = attempt;
    this.kept = kept;
    // what was begun by an attempt before this one is not kept a second time
    this.keeping = kept != null && kept.replay() == BodyReplay.REPEATABLE;
  }

  /** The attempt is over: it will touch the source no more. */
  void over() {
    over = true;
  }

  boolean isOver() {
    return over || attempt.isAborted();
  }

  /** True when something was taken from the source. */
  synchronized boolean detach() {
    detached = true;
    return begun;
  }

  @Override
  public synchronized void produce(DataStreamChannel channel) throws IOException {
    if (detached) {
      throw new IOException("another attempt sends this body");
    }
    if (!begun) {
      begun = true;
      attempt.requestSent();
      if (keeping && kept != null) {
        kept.begin();
      }
    }
    source.produce(new Tee(channel));
  }

  @Override
  public synchronized int available() {
    return detached ? 0 : source.available();
  }

  @Override
  public boolean isRepeatable() {
    return source.isRepeatable();
  }

  /** An attempt's failure is not the body's; the library's own chain tells the application. */
  @Override
  public void failed(Exception cause) {
    over = true;
  }

  /** The application's producer lives as long as its request, see {@link #failed}. */
  @Override
  public void releaseResources() {
    over = true;
  }

  @Override
  public long getContentLength() {
    return source.getContentLength();
  }

  @Override
  public @Nullable String getContentType() {
    return source.getContentType();
  }

  @Override
  public @Nullable String getContentEncoding() {
    return source.getContentEncoding();
  }

  @Override
  public boolean isChunked() {
    return source.isChunked();
  }

  @Override
  public @Nullable Set<String> getTrailerNames() {
    return source.getTrailerNames();
  }

  /** A source may hold on to its channel and write later, from a thread of its own. */
  private final class Tee implements DataStreamChannel {
    private final DataStreamChannel channel;

    Tee(DataStreamChannel channel) {
      this.channel = channel;
    }

    @Override
    public void requestOutput() {
      channel.requestOutput();
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
      ByteBuffer before = bytes.duplicate();
      int count = channel.write(bytes);
      if (keeping && kept != null && count > 0) {
        before.limit(before.position() + count);
        kept.add(before);
      }
      return count;
    }

    @Override
    public void endStream() throws IOException {
      channel.endStream();
      complete();
    }

    @Override
    public void endStream(List<? extends Header> trailers) throws IOException {
      channel.endStream(trailers);
      if (trailers == null || trailers.isEmpty()) {
        complete();
      } else if (keeping && kept != null) {
        kept.lose(); // trailers are not kept
      }
    }

    private void complete() {
      if (keeping && kept != null) {
        kept.complete();
      }
    }
  }
}
