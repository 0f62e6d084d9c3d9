package io.selvage.instrumentation.httpclient5async;

import io.selvage.engine.flow.Exchange;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.nio.AsyncDataConsumer;
import org.apache.hc.core5.http.nio.CapacityChannel;
import org.jspecify.annotations.Nullable;

/** The application's consumer; tells the exchange of every part of the body that passes. */
final class WatchedConsumer implements AsyncDataConsumer {
  private final AsyncDataConsumer application;
  private final Exchange exchange;

  WatchedConsumer(AsyncDataConsumer application, Exchange exchange) {
    this.application = application;
    this.exchange = exchange;
  }

  @Override
  public void updateCapacity(CapacityChannel channel) throws IOException {
    application.updateCapacity(channel);
  }

  @Override
  public void consume(ByteBuffer bytes) throws IOException {
    exchange.active();
    application.consume(bytes);
  }

  @Override
  public void streamEnd(@Nullable List<? extends Header> trailers)
      throws HttpException, IOException {
    application.streamEnd(trailers);
  }

  @Override
  public void releaseResources() {
    application.releaseResources();
  }
}
