package io.selvage.contract.httpclient5;

import io.selvage.instrumentation.testing.WovenJvm;
import io.selvage.instrumentation.testing.client.Caller;
import io.selvage.instrumentation.testing.client.HttpClientContract;
import org.junit.jupiter.api.AfterAll;

/** Apache HttpClient 5 asynchronous keeps the promises of every HTTP client: HTTP/1.1. */
class HttpClient5AsyncHttp1ContractTest extends HttpClientContract {
  @Override
  protected Caller newCaller(Caller.Setup setup) {
    return new HttpClient5AsyncCaller(setup, HttpClient5AsyncCaller.Kind.HTTP1);
  }

  @Override
  public String protocol() {
    return "HTTP/1.1";
  }

  @AfterAll
  static void seamsAreReached() {
    WovenJvm.assertLinked("PooledBuilderAdvice", "ConnectAdvice", "ConnectedAdvice");
  }
}
