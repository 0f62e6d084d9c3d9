package io.selvage.instrumentation.jdkhttpserver;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.selvage.instrumentation.testing.client.Credentials;
import io.selvage.instrumentation.testing.server.Entry;
import io.selvage.instrumentation.testing.server.HttpServerContract;
import io.selvage.instrumentation.testing.server.SampleServer;
import io.selvage.instrumentation.testing.server.ServerTls;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** The JDK's own HTTP server; it speaks HTTP/1.1 alone. */
class JdkHttpServerContractTest extends HttpServerContract {
  static {
    // else each answer waits 40 ms for the acknowledgement of its head
    System.setProperty("sun.net.httpserver.nodelay", "true");
  }

  @Override
  protected SampleServer start() throws Exception {
    return new JdkSample();
  }

  @Override
  protected SampleServer startWithTls(Credentials own) throws Exception {
    HttpsServer server =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(ServerTls.https(own)));
    return new JdkSample(server);
  }

  @Override
  public Set<Entry> entries() {
    return EnumSet.of(Entry.H1, Entry.H1_TLS);
  }

  @Override
  public String seam() {
    return "jdk-httpserver";
  }

  /** This server has no scheme to show. */
  @Override
  public String plainFacts() {
    return "protocol=HTTP/1.1";
  }

  /** This server takes two slashes for an authority and answers 404 by itself. */
  @Override
  public List<String> pathTricks() {
    return List.of("/hello;x=y", "/x/../hello", "/%68ello", "/x/%2e%2e/hello?q=%2F");
  }

  /** Such a connection has no thread yet: the server itself closes it when it likes. */
  @Override
  public boolean cutsOffSilence() {
    return false;
  }
}
