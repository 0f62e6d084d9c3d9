package io.selvage.instrumentation.httpclient5async;

import io.selvage.engine.flow.ResponseHead;
import org.apache.hc.core5.http.HttpResponse;
import org.jspecify.annotations.Nullable;

/** A response of the library as the engine sees it. */
final class AsyncResponse extends ResponseHead {
  private final HttpResponse response;

  AsyncResponse(HttpResponse response) {
    super(response.getCode());
    this.response = response;
  }

  @Override
  protected @Nullable String original(String name) {
    return AsyncRequest.joined(response, name);
  }
}
