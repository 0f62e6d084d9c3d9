package io.selvage.instrumentation.jdkhttpserver;

import com.sun.net.httpserver.Filter;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.selvage.instrumentation.testing.server.SampleLogic;
import io.selvage.instrumentation.testing.server.SampleServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** An application on the JDK's server that knows of no mesh. */
final class JdkSample implements SampleServer {
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpServer server;
  private final int port;

  JdkSample() throws IOException {
    this(HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0));
  }

  JdkSample(HttpServer server) {
    this.server = server;
    server.setExecutor(threads);
    // a filter of the application's answers nothing here, but it might
    server.createContext("/", JdkSample::handle).getFilters().add(new PassingFilter());
    server.createContext("/admin", exchange -> send(exchange, SampleLogic.admin()));
    server.start();
    port = server.getAddress().getPort();
  }

  private static final class PassingFilter extends Filter {
    @Override
    public void doFilter(HttpExchange exchange, Chain chain) throws IOException {
      chain.doFilter(exchange);
    }

    @Override
    public String description() {
      return "passes";
    }
  }

  private static void handle(HttpExchange exchange) throws IOException {
    byte[] posted = exchange.getRequestBody().readAllBytes();
    byte[] answer =
        SampleLogic.answer(
            exchange.getRequestURI().toString(),
            name -> exchange.getRequestHeaders().getFirst(name),
            posted,
            "protocol=" + exchange.getProtocol());
    exchange.getResponseHeaders().set("x-secret", "1");
    if (exchange.getRequestURI().getPath().startsWith("/async")) {
      new Thread(() -> later(exchange, answer)).start();
    } else {
      send(exchange, answer);
    }
  }

  private static void later(HttpExchange exchange, byte[] answer) {
    try {
      send(exchange, answer);
    } catch (IOException gone) {
      throw new UncheckedIOException(gone);
    }
  }

  private static void send(HttpExchange exchange, byte[] answer) throws IOException {
    exchange.sendResponseHeaders(200, answer.length);
    exchange.getResponseBody().write(answer);
    exchange.close();
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
