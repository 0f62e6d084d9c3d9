package io.selvage.contract.httpclient5;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.instrumentation.testing.WovenJvm;
import io.selvage.instrumentation.testing.client.Caller;
import io.selvage.instrumentation.testing.client.ForgottenBodyPromises;
import io.selvage.instrumentation.testing.client.HttpClientContract;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Apache HttpClient 5 classic keeps the promises of every HTTP client. */
class HttpClient5ContractTest extends HttpClientContract implements ForgottenBodyPromises {
  @Override
  protected Caller newCaller(Caller.Setup setup) {
    return new HttpClient5Caller(setup);
  }

  @AfterAll
  static void seamIsReached() {
    WovenJvm.assertLinked("BuilderAdvice");
  }

  /** The build runs this suite on several versions of the library. */
  @Test
  void runsOnTheVersionThatTheBuildNames() {
    String jar =
        org.apache.hc.client5.http.classic.HttpClient.class
            .getProtectionDomain()
            .getCodeSource()
            .getLocation()
            .getPath();
    assertThat(jar).contains(System.getProperty("library.version", ".jar"));
  }
}
