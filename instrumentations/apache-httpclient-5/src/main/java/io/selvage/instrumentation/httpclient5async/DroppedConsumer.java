package io.selvage.instrumentation.httpclient5async;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.hc.core5.concurrent.Cancellable;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.nio.AsyncDataConsumer;
import org.apache.hc.core5.http.nio.CapacityChannel;
import org.jspecify.annotations.Nullable;

/** An answer that nobody gets: read while it is short, so that its connection can be used again. */
final class DroppedConsumer implements AsyncDataConsumer {
  private static final int MOST_BYTES = 64 * 1024;

  private final Cancellable beyond;
  private int read;

  /**
   * @param beyond what happens when it is too long
   */
  DroppedConsumer(Cancellable beyond) {
    this.beyond = beyond;
  }

  @Override
  public void updateCapacity(CapacityChannel channel) throws IOException {
    channel.update(MOST_BYTES);
  }

  @Override
  public void consume(ByteBuffer bytes) {
    read += bytes.remaining();
    bytes.position(bytes.limit());
    if (read > MOST_BYTES) {
      beyond.cancel();
    }
  }

  @Override
  public void streamEnd(@Nullable List<? extends Header> trailers) {
    // the library tells of the exchange's end itself
  }

  @Override
  public void releaseResources() {
    // there is nothing to let go
  }
}
