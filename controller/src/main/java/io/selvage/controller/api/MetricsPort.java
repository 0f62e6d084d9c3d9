package io.selvage.controller.api;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/**
 * Metrics in Prometheus' text format and health, plain HTTP without a token: bind it to loopback or
 * to a network that only the scraper reaches. No name or secret of a user is shown.
 */
public final class MetricsPort implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService thread;

  private MetricsPort(HttpServer server, ExecutorService thread) {
    this.server = server;
    this.thread = thread;
  }

  /**
   * Opens the port.
   *
   * @param metrics sample name with labels to value; asked at each scrape
   */
  public static MetricsPort open(InetSocketAddress address, Supplier<Map<String, Double>> metrics)
      throws IOException {
    HttpServer server = HttpServer.create(address, 16);
    ExecutorService thread =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread t = new Thread(task, "selvage-metrics");
              t.setDaemon(true);
              return t;
            });
    server.setExecutor(thread);
    server.createContext("/", e -> answer(e, metrics));
    server.start();
    return new MetricsPort(server, thread);
  }

  public int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
    thread.shutdownNow();
  }

  private static void answer(HttpExchange exchange, Supplier<Map<String, Double>> metrics)
      throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      switch (path) {
        case "/metrics" -> send(exchange, 200, text(metrics.get()));
        case "/healthz", "/livez", "/readyz" -> send(exchange, 200, "ok\n");
        default -> send(exchange, 404, "not found\n");
      }
    }
  }

  private static String text(Map<String, Double> samples) {
    StringBuilder text = new StringBuilder();
    String family = "";
    for (Map.Entry<String, Double> sample : samples.entrySet()) {
      String name = sample.getKey().replaceAll("\\{.*", "");
      if (!name.equals(family)) {
        family = name;
        String type = name.endsWith("_total") ? "counter" : "gauge";
        text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
      }
      text.append(sample.getKey()).append(' ').append(number(sample.getValue())).append('\n');
    }
    return text.toString();
  }

  private static String number(double value) {
    return value % 1 == 0 && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }

  private static void send(HttpExchange exchange, int code, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    exchange.sendResponseHeaders(code, bytes.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(bytes);
    }
  }
}
