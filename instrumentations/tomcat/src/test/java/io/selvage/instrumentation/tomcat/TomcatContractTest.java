package io.selvage.instrumentation.tomcat;

import io.selvage.instrumentation.testing.server.HttpServerContract;
import io.selvage.instrumentation.testing.server.SampleServer;

/** Embedded Tomcat as Spring Boot 3 runs it, HTTP/2 enabled. */
class TomcatContractTest extends HttpServerContract {
  @Override
  protected SampleServer start() throws Exception {
    return new TomcatSample();
  }

  @Override
  public String seam() {
    return "tomcat";
  }
}
