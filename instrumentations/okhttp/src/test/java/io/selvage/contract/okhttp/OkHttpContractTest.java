package io.selvage.contract.okhttp;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.instrumentation.testing.WovenJvm;
import io.selvage.instrumentation.testing.client.Caller;
import io.selvage.instrumentation.testing.client.ForgottenBodyPromises;
import io.selvage.instrumentation.testing.client.HttpClientContract;
import java.util.List;
import okhttp3.Protocol;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** OkHttp keeps the promises of every HTTP client over HTTP/1.1. */
class OkHttpContractTest extends HttpClientContract implements ForgottenBodyPromises {
  @Override
  protected Caller newCaller(Caller.Setup setup) {
    return new OkHttpCaller(setup, List.of(Protocol.HTTP_1_1));
  }

  @AfterAll
  static void seamsAreReached() {
    WovenJvm.assertLinked("ClientAdvice", "AddressAdvice");
  }

  /** The build runs this suite on several versions of the library. */
  @Test
  void runsOnTheVersionThatTheBuildNames() {
    String jar =
        okhttp3.OkHttpClient.class.getProtectionDomain().getCodeSource().getLocation().getPath();
    assertThat(jar).contains(System.getProperty("library.version", ".jar"));
  }
}
