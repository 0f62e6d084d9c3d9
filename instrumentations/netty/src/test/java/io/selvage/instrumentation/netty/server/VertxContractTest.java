package io.selvage.instrumentation.netty.server;

import io.selvage.instrumentation.testing.server.HttpServerContract;
import io.selvage.instrumentation.testing.server.SampleServer;

/** Vert.x, which rearranges its pipelines while it reads. */
class VertxContractTest extends HttpServerContract {
  @Override
  protected SampleServer start() throws Exception {
    return new VertxSample();
  }

  @Override
  public String seam() {
    return "netty";
  }

  @Override
  public String plainFacts() {
    return "scheme=http secure=false";
  }
}
