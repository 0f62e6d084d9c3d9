package io.selvage.instrumentation.tomcat;

import io.selvage.instrumentation.testing.server.SampleLogic;
import io.selvage.instrumentation.testing.server.SampleServer;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.coyote.http2.Http2Protocol;
import org.apache.tomcat.util.net.SSLHostConfig;

/** A servlet application that knows of no mesh. */
final class TomcatSample implements SampleServer {
  private final Tomcat tomcat = new Tomcat();
  private final int port;

  TomcatSample() throws IOException, LifecycleException {
    this(null);
  }

  TomcatSample(SSLHostConfig tls) throws IOException, LifecycleException {
    Path base = Files.createTempDirectory("tomcat");
    tomcat.setBaseDir(base.toString());
    Connector connector = new Connector("HTTP/1.1");
    connector.setPort(0);
    connector.addUpgradeProtocol(new Http2Protocol());
    if (tls != null) {
      connector.setSecure(true);
      connector.setScheme("https");
      connector.setProperty("SSLEnabled", "true");
      connector.addSslHostConfig(tls);
    }
    tomcat.setConnector(connector);
    Context context = tomcat.addContext("", base.toString());
    Tomcat.addServlet(context, "sample", new Sample()).setAsyncSupported(true);
    context.addServletMappingDecoded("/*", "sample");
    Tomcat.addServlet(context, "admin", new Admin());
    context.addServletMappingDecoded("/admin/*", "admin");
    tomcat.start();
    port = connector.getLocalPort();
  }

  private static final class Admin extends HttpServlet {
    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      response.getOutputStream().write(SampleLogic.admin());
    }
  }

  private static final class Sample extends HttpServlet {
    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      byte[] posted = request.getInputStream().readAllBytes();
      byte[] answer = answer(request, posted);
      response.setHeader("x-secret", "1");
      if (request.getRequestURI().startsWith("/async")) {
        AsyncContext async = request.startAsync();
        new Thread(() -> later(async, answer)).start();
        return;
      }
      response.getOutputStream().write(answer);
    }

    private static void later(AsyncContext async, byte[] answer) {
      try {
        async.getResponse().getOutputStream().write(answer);
        async.complete();
      } catch (IOException gone) {
        throw new UncheckedIOException(gone);
      }
    }

    private static byte[] answer(HttpServletRequest request, byte[] posted) {
      String query = request.getQueryString();
      return SampleLogic.answer(
          request.getRequestURI() + (query == null ? "" : "?" + query),
          request::getHeader,
          posted,
          "scheme=" + request.getScheme() + " secure=" + request.isSecure());
    }
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public void close() throws Exception {
    tomcat.stop();
    tomcat.destroy();
  }
}
