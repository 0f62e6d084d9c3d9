package io.selvage.instrumentation.okhttp;

import io.selvage.engine.flow.ResponseHead;
import java.util.List;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/** A response of the library as the engine sees it. */
final class CallResponseHead extends ResponseHead {
  private final Response response;

  CallResponseHead(Response response) {
    super(response.code());
    this.response = response;
  }

  Response response() {
    return response;
  }

  @Override
  protected @Nullable String original(String name) {
    List<String> values = response.headers(name);
    return values.isEmpty() ? null : values.size() == 1 ? values.get(0) : String.join(",", values);
  }

  @Override
  protected List<String> originals(String name) {
    return response.headers(name);
  }
}
