package io.selvage.contract.httpclient5;

import io.selvage.instrumentation.testing.WovenJvm;
import io.selvage.instrumentation.testing.client.Caller;
import io.selvage.instrumentation.testing.client.HttpClientContract;
import org.junit.jupiter.api.AfterAll;

/** Apache HttpClient 5 asynchronous keeps the promises of every HTTP client: HTTP/2.0. */
class HttpClient5AsyncMultiplexedContractTest extends HttpClientContract {
  @Override
  protected Caller newCaller(Caller.Setup setup) {
    return new HttpClient5AsyncCaller(setup, HttpClient5AsyncCaller.Kind.MULTIPLEXED);
  }

  @Override
  public String protocol() {
    return "HTTP/2.0";
  }

  @AfterAll
  static void seamsAreReached() {
    WovenJvm.assertLinked(
        "MultiplexedBuilderAdvice", "ConnectAdvice", "ConnectedAdvice", "StreamResetAdvice");
  }
}
