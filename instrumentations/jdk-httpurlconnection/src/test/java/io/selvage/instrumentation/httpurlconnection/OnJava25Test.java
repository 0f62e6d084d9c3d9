package io.selvage.instrumentation.httpurlconnection;

import io.selvage.instrumentation.testing.Java25;
import org.junit.jupiter.api.Test;

/** The contract once more, on Java 25. */
class OnJava25Test {
  @Test
  void keepsItsPromisesThere() {
    Java25.passes(55, HttpUrlConnectionContractTest.class);
  }
}
