package io.selvage.instrumentation.httpclient5async;

import io.selvage.engine.flow.ResponseHead;
import java.util.Arrays;
import java.util.List;
import org.apache.hc.core5.http.Header;
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

  @Override
  protected List<String> originals(String name) {
    return Arrays.stream(response.getHeaders(name)).map(Header::getValue).toList();
  }
}
