package io.selvage.instrumentation.httpclient5;

import io.selvage.engine.flow.ResponseHead;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.jspecify.annotations.Nullable;

/** A response of the library as the engine sees it. */
final class ClassicResponseHead extends ResponseHead {
  private final ClassicHttpResponse response;

  ClassicResponseHead(ClassicHttpResponse response) {
    super(response.getCode());
    this.response = response;
  }

  ClassicHttpResponse response() {
    return response;
  }

  @Override
  protected @Nullable String original(String name) {
    return ClassicRequestHead.joined(response, name);
  }
}
