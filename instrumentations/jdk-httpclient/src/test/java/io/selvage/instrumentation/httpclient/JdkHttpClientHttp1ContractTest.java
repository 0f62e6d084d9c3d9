package io.selvage.instrumentation.httpclient;

import io.selvage.instrumentation.testing.WovenJvm;
import io.selvage.instrumentation.testing.client.Caller;
import io.selvage.instrumentation.testing.client.ForgottenBodyPromises;
import io.selvage.instrumentation.testing.client.HttpClientContract;
import java.net.http.HttpClient;
import org.junit.jupiter.api.AfterAll;

/** {@code java.net.http} of the running JDK, {@code send} over HTTP/1.1. */
class JdkHttpClientHttp1ContractTest extends HttpClientContract implements ForgottenBodyPromises {
  @Override
  protected Caller newCaller(Caller.Setup setup) {
    return new JdkCaller(setup, HttpClient.Version.HTTP_1_1, false);
  }

  @Override
  public String protocol() {
    return "HTTP/1.1";
  }

  @AfterAll
  static void allSeamsWereReached() {
    WovenJvm.assertLinked(
        "SendAdvice", "RequestAdvice", "AddressAdvice", "SecureAdvice", "EngineAdvice");
  }
}
