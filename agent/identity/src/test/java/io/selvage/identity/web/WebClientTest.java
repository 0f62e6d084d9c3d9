package io.selvage.identity.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The agent's own calls: where they may go, how long and how large. */
class WebClientTest {
  private static final int MOST = 1 << 20;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final ScheduledExecutorService alarm = Executors.newScheduledThreadPool(1);
  private final AtomicInteger secret = new AtomicInteger();
  private HttpServer server;
  private int port;

  @BeforeEach
  void open() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    port = server.getAddress().getPort();
    server.start();
  }

  @AfterEach
  void close() {
    server.stop(0);
    threads.shutdownNow();
    alarm.shutdownNow();
  }

  private WebClient client(String... allowed) {
    return new WebClient(threads, alarm, new AddressGuard(List.of(allowed)), host -> false);
  }

  private void answers(String path, int status, String location, byte[] body) {
    server.createContext(
        path,
        exchange -> {
          secret.incrementAndGet();
          if (!location.isEmpty()) {
            exchange.getResponseHeaders().add("location", location);
          }
          exchange.sendResponseHeaders(status, body.length == 0 ? -1 : 0);
          try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
          } catch (IOException cut) {
            return; // the client has enough
          }
        });
  }

  private String url(String path) {
    return "http://127.0.0.1:" + port + path;
  }

  private static String result(CompletionStage<String> text) throws Exception {
    return text.toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private static void refused(CompletionStage<String> text, String why) {
    assertThatThrownBy(() -> result(text))
        .isInstanceOf(ExecutionException.class)
        .hasMessageContaining(why);
  }

  @Test
  void readsWhatIsAllowed() throws Exception {
    answers("/keys", 200, "", "{\"keys\":[]}".getBytes(StandardCharsets.UTF_8));
    assertThat(result(client("127.0.0.1").text(url("/keys"), Duration.ofSeconds(20), MOST)))
        .isEqualTo("{\"keys\":[]}");
  }

  /** CVE-2026-41413: a configured address never leads into the machine or its cloud. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://127.0.0.1:%d/keys",
        "http://localhost:%d/keys",
        "http://127.1:%d/keys",
        "http://[::1]:%d/keys",
        "http://[::ffff:127.0.0.1]:%d/keys",
        "http://[::ffff:a9fe:a9fe]:%d/latest/meta-data/",
        "http://[64:ff9b::a9fe:a9fe]:%d/latest/meta-data/",
        "http://[2002:7f00:1::]:%d/",
        "http://0.0.0.0:%d/keys",
        "http://0:%d/keys",
        "http://169.254.169.254:%d/latest/meta-data/",
        "http://[fe80::1]:%d/",
        "http://[fd00:ec2::254]:%d/",
        "http://100.100.100.200:%d/",
        "http://224.0.0.1:%d/"
      })
  void cve2026_41413_forbiddenAddresses(String url) {
    answers("/", 200, "", "secret".getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(
            () -> result(client().text(url.formatted(port), Duration.ofSeconds(20), MOST)))
        .isInstanceOf(ExecutionException.class);
    assertThat(secret).hasValue(0);
  }

  @Test
  void cve2026_41413_redirectsAreCheckedAgain() {
    answers("/away", 302, "http://169.254.169.254/latest/meta-data/", new byte[0]);
    answers("/here", 302, "http://localhost.:" + port + "/secret", new byte[0]);
    answers("/file", 302, "file:///etc/passwd", new byte[0]);
    answers("/round", 302, "/round", new byte[0]);
    answers("/secret", 200, "", "secret".getBytes(StandardCharsets.UTF_8));
    WebClient only = client("127.0.0.1");
    Duration time = Duration.ofSeconds(20);
    refused(only.text(url("/away"), time, MOST), "169.254.169.254");
    refused(only.text(url("/file"), time, MOST), "not an http or https URI");
    refused(only.text(url("/round"), time, MOST), "redirected more than 3 times");
  }

  @Test
  void largeAnswersAreCutOff() {
    answers("/large", 200, "", new byte[MOST + 1]);
    refused(client("127.0.0.1").text(url("/large"), Duration.ofSeconds(20), MOST), "larger than");
  }

  @Test
  void slowAnswersAreCutOff() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      long start = System.nanoTime();
      refused(
          client("127.0.0.1")
              .text(
                  "http://127.0.0.1:" + silent.getLocalPort() + "/", Duration.ofMillis(300), MOST),
          "no answer in");
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
    }
  }

  @Test
  void otherStatusesAreFailures() {
    answers("/gone", 500, "", new byte[0]);
    refused(client("127.0.0.1").text(url("/gone"), Duration.ofSeconds(20), MOST), "500");
  }
}
