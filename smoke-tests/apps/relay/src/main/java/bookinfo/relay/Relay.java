package bookinfo.relay;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.LongAdder;

/**
 * One service of a chain, with no library at all: asks the next one (NEXT_URL) and answers with its status. The last one
 * does what the path says: /work/503 fails, /work/reset breaks the connection after the work is done, /work/200 goes well.
 * CLIENT=url asks with HttpURLConnection instead of java.net.http.
 */
public final class Relay {
  private static final Map<String, LongAdder> SEEN = new ConcurrentHashMap<>();
  private static final HttpClient CLIENT = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(10)).build();
  private static final String NEXT = System.getenv().getOrDefault("NEXT_URL", "");

  public static void main(String[] args) throws IOException {
    int port = Integer.parseInt(System.getenv().getOrDefault("SERVER_PORT", "9080"));
    HttpServer server = HttpServer.create(new InetSocketAddress(port), 0);
    server.createContext("/work/", Relay::work);
    server.createContext("/seen", exchange -> answer(exchange, 200, seen()));
    server.setExecutor(Executors.newFixedThreadPool(16));
    server.start();
    System.out.println("relay listens on " + port);
  }

  private static void work(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    byte[] body = exchange.getRequestBody().readAllBytes();
    SEEN.computeIfAbsent(exchange.getRequestMethod() + " " + path, p -> new LongAdder()).increment();
    if (!NEXT.isEmpty()) {
      answer(exchange, next(exchange.getRequestMethod(), path, body), "relayed");
    } else if (path.endsWith("/reset")) {
      exchange.close();
    } else {
      answer(exchange, Integer.parseInt(path.substring(path.lastIndexOf('/') + 1)), "done");
    }
  }

  private static int next(String method, String path, byte[] body) {
    return "url".equals(System.getenv("CLIENT")) ? nextByUrl(method, path, body) : nextByClient(method, path, body);
  }

  private static int nextByUrl(String method, String path, byte[] body) {
    try {
      HttpURLConnection connection = (HttpURLConnection) URI.create(NEXT + path).toURL().openConnection();
      connection.setRequestMethod(method);
      if (body.length > 0) {
        connection.setDoOutput(true);
        connection.getOutputStream().write(body);
      }
      int status = connection.getResponseCode();
      try (var answer = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
        if (answer != null) {
          answer.readAllBytes();
        }
      }
      return status;
    } catch (IOException e) {
      return 502;
    }
  }

  private static int nextByClient(String method, String path, byte[] body) {
    try {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(NEXT + path))
              .timeout(Duration.ofSeconds(20))
              .method(method, body.length == 0 ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofByteArray(body))
              .build();
      return CLIENT.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    } catch (IOException e) {
      return 502;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 500;
    }
  }

  /** A line for each method and path: how many such requests this service has seen. */
  private static String seen() {
    StringBuilder lines = new StringBuilder();
    new TreeMap<>(SEEN).forEach((what, count) -> lines.append(what).append(' ').append(count.sum()).append('\n'));
    return lines.toString();
  }

  private static void answer(HttpExchange exchange, int status, String text) throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }
}
