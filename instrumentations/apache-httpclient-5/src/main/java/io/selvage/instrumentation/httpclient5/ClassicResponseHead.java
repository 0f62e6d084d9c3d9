package io.selvage.instrumentation.httpclient5;

import io.selvage.engine.flow.ResponseHead;
import java.util.Arrays;
import java.util.List;
import org.apache.hc.client5.http.classic.ExecRuntime;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.message.BasicClassicHttpResponse;
import org.jspecify.annotations.Nullable;

/** A response of the library as the engine sees it. */
final class ClassicResponseHead extends ResponseHead {
  private ClassicHttpResponse response;
  private final ExecRuntime runtime;

  ClassicResponseHead(ClassicHttpResponse response, ExecRuntime runtime) {
    super(response.getCode());
    this.response = response;
    this.runtime = runtime;
  }

  /** What holds the connection that the response comes over. */
  ExecRuntime runtime() {
    return runtime;
  }

  ClassicHttpResponse response() {
    return response;
  }

  /**
   * The response is the application's from here on: only its headers are kept, so that one that is
   * dropped can be seen to be.
   */
  void release() {
    BasicClassicHttpResponse headers = new BasicClassicHttpResponse(response.getCode());
    headers.setHeaders(response.getHeaders());
    response = headers;
  }

  @Override
  protected @Nullable String original(String name) {
    return ClassicRequestHead.joined(response, name);
  }

  @Override
  protected List<String> originals(String name) {
    return Arrays.stream(response.getHeaders(name)).map(Header::getValue).toList();
  }
}
