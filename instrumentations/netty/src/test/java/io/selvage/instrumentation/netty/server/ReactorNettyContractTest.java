package io.selvage.instrumentation.netty.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.selvage.instrumentation.testing.client.Credentials;
import io.selvage.instrumentation.testing.server.Ask;
import io.selvage.instrumentation.testing.server.Entry;
import io.selvage.instrumentation.testing.server.HttpServerContract;
import io.selvage.instrumentation.testing.server.SampleLogic;
import io.selvage.instrumentation.testing.server.SampleServer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Reactor Netty, the server under Spring WebFlux. */
class ReactorNettyContractTest extends HttpServerContract {
  @Override
  protected SampleServer start() throws Exception {
    return new ReactorNettySample();
  }

  @Override
  protected SampleServer startWithTls(Credentials own) throws Exception {
    SslContext tls = SslContextBuilder.forServer(own.keys()).build();
    return new ReactorNettySample(server -> server.secure(spec -> spec.sslContext(tls)));
  }

  @Override
  public String seam() {
    return "netty";
  }

  /** Reactor Netty knows the scheme only. */
  @Override
  public String plainFacts() {
    return "scheme=http";
  }

  @ParameterizedTest
  @EnumSource(Entry.class)
  void filesPassUnchanged(Entry entry) throws Exception {
    needs(entry);
    assertThat(once(entry, Ask.get("/file")).body()).isEqualTo(SampleLogic.large());
    allEnded();
  }
}
