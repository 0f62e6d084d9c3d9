package io.selvage.instrumentation.netty.http1;

import io.netty.handler.codec.http.HttpResponse;
import io.selvage.engine.flow.ResponseHead;
import org.jspecify.annotations.Nullable;

/** A response on its way to Netty's HTTP/1.1 codec. */
final class Http1ResponseHead extends ResponseHead {
  private final HttpResponse response;

  Http1ResponseHead(HttpResponse response) {
    super(response.status().code());
    this.response = response;
  }

  @Override
  protected @Nullable String original(String name) {
    return Http1RequestHead.joined(response.headers(), name);
  }

  void apply() {
    Http1RequestHead.apply(changes(), response.headers());
  }
}
