package io.selvage.contract.okhttp;

import io.selvage.instrumentation.testing.client.Caller;
import io.selvage.instrumentation.testing.client.HttpClientContract;
import java.util.List;
import okhttp3.Protocol;

/**
 * OkHttp keeps them over HTTP/2 too, which it negotiates with the endpoint by ALPN although the URL
 * says http.
 */
class OkHttpHttp2ContractTest extends HttpClientContract {
  @Override
  protected Caller newCaller(Caller.Setup setup) {
    return new OkHttpCaller(setup, List.of(Protocol.HTTP_2, Protocol.HTTP_1_1));
  }

  @Override
  public String protocol() {
    return "HTTP/2.0";
  }
}
