package io.selvage.runtime;

import io.selvage.extension.Intent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Answers GET requests about the agent over plain HTTP/1.1, one request a connection.
 *
 * <p>Its own socket loop, as the JDK's HTTP server is woven. Metrics and health may be asked from
 * anywhere; all else from this machine only. Threads are daemons; at idle there is one.
 */
final class AdminServer implements AutoCloseable {
  /** An answer. */
  record Answer(int status, String type, String body) {
    static Answer json(Object value) {
      return new Answer(200, "application/json", JsonText.of(value) + "\n");
    }

    static Answer text(int status, String body) {
      return new Answer(status, "text/plain; charset=utf-8", body);
    }
  }

  private static final Set<String> PUBLIC =
      Set.of("/metrics", "/health", "/health/ready", "/health/live");
  private static final int MAX_HEAD_BYTES = 8_192;
  private static final int TIMEOUT_MILLIS = 2_000;
  private static final int TRIED_PORTS = 50;

  private final ServerSocket socket;
  private final Map<String, Function<Map<String, String>, Answer>> routes;
  private final ThreadPoolExecutor workers;
  private volatile boolean closed;

  private AdminServer(
      ServerSocket socket, Map<String, Function<Map<String, String>, Answer>> routes) {
    this.socket = socket;
    this.routes = Map.copyOf(routes);
    AtomicInteger number = new AtomicInteger();
    workers =
        new ThreadPoolExecutor(
            0,
            4,
            5,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            work -> daemon(work, "selvage-admin-" + number.incrementAndGet()));
  }

  /**
   * Listens on the port or the next free one.
   *
   * @param routes by path; asked with the query's parameters
   * @throws IOException when none of the next 50 is free
   */
  static AdminServer open(int port, Map<String, Function<Map<String, String>, Answer>> routes)
      throws IOException {
    IOException last = new BindException("no port");
    for (int tried = port; tried < Math.min(65_536, port + TRIED_PORTS); tried++) {
      ServerSocket socket = new ServerSocket();
      try {
        socket.bind(new InetSocketAddress(tried), 16);
        AdminServer server = new AdminServer(socket, routes);
        daemon(server::accept, "selvage-admin").start();
        return server;
      } catch (IOException taken) {
        socket.close();
        last = taken;
      }
    }
    throw last;
  }

  private static Thread daemon(Runnable work, String name) {
    Thread thread =
        new Thread(
            () -> {
              try (Intent mine = Intent.bypass()) {
                work.run();
              }
            },
            name);
    thread.setDaemon(true);
    return thread;
  }

  int port() {
    return socket.getLocalPort();
  }

  private void accept() {
    while (!closed) {
      try {
        Socket connection = socket.accept();
        try {
          workers.execute(() -> serve(connection));
        } catch (java.util.concurrent.RejectedExecutionException busy) {
          connection.close();
        }
      } catch (IOException failed) {
        if (socket.isClosed()) {
          return;
        }
      }
    }
  }

  private void serve(Socket connection) {
    try (connection) {
      connection.setSoTimeout(TIMEOUT_MILLIS);
      String head = head(connection.getInputStream());
      Answer answer = head == null ? Answer.text(400, "bad request\n") : answer(head, connection);
      byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
      String lines =
          "HTTP/1.1 "
              + answer.status()
              + " "
              + (answer.status() == 200 ? "OK" : "-")
              + "\r\nContent-Type: "
              + answer.type()
              + "\r\nContent-Length: "
              + body.length
              + "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n";
      ByteArrayOutputStream out = new ByteArrayOutputStream(body.length + 256);
      out.writeBytes(lines.getBytes(StandardCharsets.US_ASCII));
      if (head == null || !head.startsWith("HEAD ")) {
        out.writeBytes(body);
      }
      connection.getOutputStream().write(out.toByteArray());
      connection.getOutputStream().flush();
    } catch (IOException gone) {
      // whoever asked has left
    }
  }

  private static @Nullable String head(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    int state = 0;
    while (head.size() < MAX_HEAD_BYTES) {
      int c = in.read();
      if (c < 0) {
        return null;
      }
      head.write(c);
      state = c == '\n' ? state + 1 : c == '\r' ? state : 0;
      if (state == 2) {
        return head.toString(StandardCharsets.ISO_8859_1);
      }
    }
    return null;
  }

  private Answer answer(String head, Socket connection) {
    String[] line = head.substring(0, head.indexOf('\n')).strip().split(" ");
    if (line.length != 3 || !line[1].startsWith("/")) {
      return Answer.text(400, "bad request\n");
    }
    if (!line[0].equals("GET") && !line[0].equals("HEAD")) {
      return Answer.text(405, "only GET\n");
    }
    int query = line[1].indexOf('?');
    String path = query < 0 ? line[1] : line[1].substring(0, query);
    Function<Map<String, String>, Answer> route = routes.get(path);
    if (route == null) {
      return Answer.text(
          404, "not here: " + String.join(" ", new java.util.TreeSet<>(routes.keySet())) + "\n");
    }
    if (!PUBLIC.contains(path) && !connection.getInetAddress().isLoopbackAddress()) {
      return Answer.text(403, "only from this machine\n");
    }
    try {
      return route.apply(query < 0 ? Map.of() : parameters(line[1].substring(query + 1)));
    } catch (RuntimeException bug) {
      return Answer.text(500, "failed: " + bug + "\n");
    }
  }

  private static Map<String, String> parameters(String query) {
    Map<String, String> parameters = new HashMap<>();
    for (String part : query.split("&")) {
      int equals = part.indexOf('=');
      if (equals > 0) {
        parameters.put(part.substring(0, equals), decoded(part.substring(equals + 1)));
      }
    }
    return parameters;
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException notEncoded) {
      return text;
    }
  }

  @Override
  public void close() {
    closed = true;
    try {
      socket.close();
    } catch (IOException already) {
      // closed is what was wanted
    }
    workers.shutdownNow();
  }
}
