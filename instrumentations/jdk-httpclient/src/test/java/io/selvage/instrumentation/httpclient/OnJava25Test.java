package io.selvage.instrumentation.httpclient;

import io.selvage.instrumentation.testing.Java25;
import org.junit.jupiter.api.Test;

/** The contract once more, on Java 25. */
class OnJava25Test {
  @Test
  void keepsItsPromisesThere() {
    Java25.passes(
        218,
        JdkHttpClientHttp1ContractTest.class,
        JdkHttpClientHttp1AsyncContractTest.class,
        JdkHttpClientHttp2ContractTest.class,
        JdkHttpClientHttp2AsyncContractTest.class,
        JdkWebSocketContractTest.class);
  }
}
