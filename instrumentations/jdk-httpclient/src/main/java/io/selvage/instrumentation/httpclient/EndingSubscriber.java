package io.selvage.instrumentation.httpclient;

import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The application's body subscriber; ends the exchange with the last byte, break or cancel. */
final class EndingSubscriber<T> implements HttpResponse.BodySubscriber<T>, Flow.Subscription {
  private final HttpResponse.BodySubscriber<T> application;
  private final Consumer<End> end;
  private final Exchange exchange;
  private volatile Flow.@Nullable Subscription upstream;
  private volatile boolean cancelled;
  private long bytes;

  EndingSubscriber(
      HttpResponse.BodySubscriber<T> application, Consumer<End> end, Exchange exchange) {
    this.application = application;
    this.end = end;
    this.exchange = exchange;
  }

  @Override
  public CompletionStage<T> getBody() {
    return application.getBody();
  }

  @Override
  public void onSubscribe(Flow.Subscription subscription) {
    upstream = subscription;
    if (cancelled) {
      subscription.cancel();
    }
    application.onSubscribe(this);
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    for (ByteBuffer buffer : buffers) {
      bytes += buffer.remaining();
    }
    exchange.active();
    application.onNext(buffers);
  }

  @Override
  public void onError(Throwable thrown) {
    end.accept(new End(false, -1, -1, bytes));
    application.onError(thrown);
  }

  @Override
  public void onComplete() {
    end.accept(new End(true, -1, -1, bytes));
    application.onComplete();
  }

  @Override
  public void request(long n) {
    Flow.Subscription subscription = upstream;
    if (subscription != null) {
      subscription.request(n);
    }
  }

  @Override
  public void cancel() {
    cancelled = true;
    Flow.Subscription subscription = upstream;
    if (subscription != null) {
      subscription.cancel();
    }
    end.accept(new End(false, -1, -1, bytes));
  }

  /** The mesh breaks the body off: the application sees a failure, not an end. */
  void abort(Throwable why) {
    cancel();
    application.onError(why);
  }
}
