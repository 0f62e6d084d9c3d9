package io.selvage.identity.web;

import io.selvage.extension.Intent;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * Calls over HTTP/1.1 on threads of its own: bounded in time and size, to addresses that the guard
 * allows. The address that was checked is the one that is connected to, also after a redirect.
 * Names of the mesh go through the mesh, as the application's own calls do.
 */
public final class WebClient {
  private static final int MAX_REDIRECTS = 3;
  private final Executor threads;
  private final ScheduledExecutorService alarm;
  private final AddressGuard guard;
  private final Predicate<String> meshed;

  /**
   * @param threads for work that blocks; nothing of the mesh may be bypassed on them
   * @param alarm ends calls whose time is over
   * @param meshed whether a host is the mesh's
   */
  public WebClient(
      Executor threads,
      ScheduledExecutorService alarm,
      AddressGuard guard,
      Predicate<String> meshed) {
    this.threads = threads;
    this.alarm = alarm;
    this.guard = guard;
    this.meshed = meshed;
  }

  /**
   * Carries a call out.
   *
   * @param timeout of all of it, redirects included
   * @param maxBytes of the answer's body
   * @param redirects whether they are followed (GET only)
   * @return the answer; completes exceptionally with an {@link IOException}
   */
  public CompletionStage<WebAnswer> call(
      WebCall call, Duration timeout, int maxBytes, boolean redirects) {
    CompletableFuture<WebAnswer> answer = new CompletableFuture<>();
    try {
      threads.execute(
          () -> {
            try (Deadline deadline = new Deadline(timeout)) {
              answer.complete(followed(call, deadline, maxBytes, redirects));
            } catch (IOException | RuntimeException failed) {
              answer.completeExceptionally(failed);
            }
          });
    } catch (RuntimeException full) {
      answer.completeExceptionally(new IOException("too many calls at once"));
    }
    return answer;
  }

  /** The text at an address, by GET; anything but 200 is a failure. */
  public CompletionStage<String> text(String uri, Duration timeout, int maxBytes) {
    WebCall call;
    try {
      call = WebCall.get(URI.create(uri));
    } catch (IllegalArgumentException wrong) {
      return CompletableFuture.failedFuture(new IOException("not a URI"));
    }
    return call(call, timeout, maxBytes, true)
        .thenCompose(
            answer ->
                answer.status() == 200
                    ? CompletableFuture.completedFuture(
                        new String(answer.body(), StandardCharsets.UTF_8))
                    : CompletableFuture.failedFuture(
                        new IOException("the answer is " + answer.status())));
  }

  private WebAnswer followed(WebCall first, Deadline deadline, int maxBytes, boolean redirects)
      throws IOException {
    WebCall call = first;
    for (int i = 0; ; i++) {
      WebAnswer answer = once(call, deadline, maxBytes);
      String location = answer.header("location");
      boolean follows = redirects && call.method().equals("GET");
      if (location == null || answer.status() / 100 != 3 || !follows) {
        return answer;
      }
      if (i == MAX_REDIRECTS) {
        throw new IOException("redirected more than " + MAX_REDIRECTS + " times");
      }
      call = WebCall.get(target(call.uri(), location));
    }
  }

  private static URI target(URI from, String location) throws IOException {
    try {
      URI to = from.resolve(location.strip());
      if ("https".equals(from.getScheme()) && !"https".equals(to.getScheme())) {
        throw new IOException("redirected from https to " + to.getScheme());
      }
      return to;
    } catch (IllegalArgumentException wrong) {
      throw new IOException("redirected to what is no URI");
    }
  }

  private WebAnswer once(WebCall call, Deadline deadline, int maxBytes) throws IOException {
    URI uri = call.uri();
    boolean tls = "https".equals(uri.getScheme());
    String host = uri.getHost();
    if (host == null || (!tls && !"http".equals(uri.getScheme())) || uri.getUserInfo() != null) {
      throw new IOException("not an http or https URI of a host");
    }
    int port = uri.getPort() > 0 ? uri.getPort() : tls ? 443 : 80;
    if (meshed.test(host)) {
      return exchanged(call, deadline, maxBytes, host, port, tls, null);
    }
    try (Intent own = Intent.bypass()) {
      return exchanged(call, deadline, maxBytes, host, port, tls, checked(host));
    }
  }

  private InetAddress checked(String host) throws IOException {
    String name = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    InetAddress[] all = InetAddress.getAllByName(name);
    for (InetAddress each : all) {
      if (!guard.allows(name, each)) {
        throw new IOException(
            "its address "
                + each.getHostAddress()
                + " is this machine's, the link's or a metadata service's;"
                + " selvage.web-allow can permit it");
      }
    }
    return all[0];
  }

  private WebAnswer exchanged(
      WebCall call,
      Deadline deadline,
      int maxBytes,
      String host,
      int port,
      boolean tls,
      @Nullable InetAddress address)
      throws IOException {
    Socket plain = address == null ? new Socket() : new Socket(Proxy.NO_PROXY);
    try (plain) {
      deadline.watch(plain);
      plain.setTcpNoDelay(true);
      plain.connect(
          address == null
              ? new InetSocketAddress(host, port)
              : new InetSocketAddress(address, port),
          deadline.leftMillis());
      plain.setSoTimeout(deadline.leftMillis());
      Socket socket = tls ? secured(plain, host, port) : plain;
      send(socket.getOutputStream(), call, host, port, tls);
      return new AnswerReader(socket.getInputStream(), maxBytes).read(call.method());
    } catch (IOException failed) {
      // the socket's own timer may be the first
      boolean late = deadline.isOver() || failed instanceof SocketTimeoutException;
      throw late ? new IOException("no answer in " + deadline.length, failed) : failed;
    }
  }

  private static Socket secured(Socket plain, String host, int port) throws IOException {
    try {
      SSLSocket tls =
          (SSLSocket)
              SSLContext.getDefault().getSocketFactory().createSocket(plain, host, port, true);
      SSLParameters parameters = tls.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      tls.setSSLParameters(parameters);
      tls.startHandshake();
      return tls;
    } catch (java.security.NoSuchAlgorithmException none) {
      throw new IOException("no TLS in this JVM", none);
    }
  }

  private static void send(OutputStream out, WebCall call, String host, int port, boolean tls)
      throws IOException {
    String path = call.uri().getRawPath();
    String query = call.uri().getRawQuery();
    StringBuilder head = new StringBuilder(call.method());
    head.append(' ').append(path == null || path.isEmpty() ? "/" : path);
    if (query != null) {
      head.append('?').append(query);
    }
    head.append(" HTTP/1.1\r\n");
    boolean named = false;
    for (Map.Entry<String, String> each : call.headers()) {
      named |= each.getKey().equals("host");
      line(head, each.getKey(), each.getValue());
    }
    if (!named) {
      line(head, "host", port == (tls ? 443 : 80) ? host : host + ":" + port);
    }
    if (call.body().length > 0 || !call.method().equals("GET")) {
      line(head, "content-length", Integer.toString(call.body().length));
    }
    line(head, "connection", "close");
    head.append("\r\n");
    out.write(head.toString().getBytes(StandardCharsets.ISO_8859_1));
    out.write(call.body());
    out.flush();
  }

  private static void line(StringBuilder head, String name, String value) throws IOException {
    for (int i = 0; i < value.length(); i++) {
      if (value.charAt(i) == '\r' || value.charAt(i) == '\n' || value.charAt(i) == 0) {
        throw new IOException("a line break in header " + name);
      }
    }
    head.append(name).append(": ").append(value).append("\r\n");
  }

  /** The end of a call's time; closes the socket under a read that would go on. */
  private final class Deadline implements AutoCloseable {
    private final Duration length;
    private final long until;
    private @Nullable ScheduledFuture<?> task;

    Deadline(Duration length) {
      this.length = length;
      this.until = System.nanoTime() + length.toNanos();
    }

    void watch(Socket socket) {
      close();
      task =
          alarm.schedule(
              () -> {
                try {
                  socket.close();
                } catch (IOException closing) {
                  return; // it is as good as closed
                }
              },
              until - System.nanoTime(),
              TimeUnit.NANOSECONDS);
    }

    int leftMillis() throws IOException {
      long left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
      if (left <= 0) {
        throw new IOException("no answer in " + length);
      }
      return (int) Math.min(left, Integer.MAX_VALUE);
    }

    boolean isOver() {
      return System.nanoTime() - until >= 0;
    }

    @Override
    public void close() {
      ScheduledFuture<?> scheduled = task;
      if (scheduled != null) {
        scheduled.cancel(false);
      }
    }
  }
}
