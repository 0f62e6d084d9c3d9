package bookinfo.details;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;

/** Book details on the JDK's own HTTP server, with no library at all. */
public final class Details {
  public static void main(String[] args) throws IOException {
    int port = Integer.parseInt(System.getenv().getOrDefault("SERVER_PORT", "9080"));
    HttpServer server = HttpServer.create(new InetSocketAddress(port), 0);
    server.createContext("/details/", Details::details);
    server.createContext("/health", exchange -> answer(exchange, 200, "{\"status\":\"Details is healthy\"}"));
    server.setExecutor(Executors.newFixedThreadPool(16));
    server.start();
    System.out.println("details listens on " + port);
  }

  private static void details(HttpExchange exchange) throws IOException {
    String id = exchange.getRequestURI().getPath().substring("/details/".length());
    if (!id.matches("\\d+")) {
      answer(exchange, 400, "{\"error\":\"please provide numeric product ID\"}");
      return;
    }
    answer(
        exchange,
        200,
        "{\"id\":" + id + ",\"author\":\"William Shakespeare\",\"year\":1595,\"type\":\"paperback\",\"pages\":200,"
            + "\"publisher\":\"PublisherA\",\"language\":\"English\",\"ISBN-10\":\"1234567890\",\"canary\":\"CANARY-DETAILS-7f3a\"}");
  }

  private static void answer(HttpExchange exchange, int status, String json) throws IOException {
    byte[] body = json.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }
}
