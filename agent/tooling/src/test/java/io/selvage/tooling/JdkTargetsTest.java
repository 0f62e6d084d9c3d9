package io.selvage.tooling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Targets in the JDK: on the boot loader, in another module, and loaded only later. */
class JdkTargetsTest {
  private static HttpServer server;

  @BeforeAll
  static void serve() throws IOException {
    assertThat(Woven.WEAVING).isNotNull();
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(200, 2);
          exchange.getResponseBody().write("ok".getBytes());
          exchange.close();
        });
    server.start();
  }

  @AfterAll
  static void stop() {
    server.stop(0);
  }

  @Test
  void socketConnectsWhereTheAdviceSays() throws IOException {
    try (var listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var socket = new Socket()) {
      socket.connect(
          InetSocketAddress.createUnresolved("mesh.test", listening.getLocalPort()), 5000);
      assertThat(socket.getInetAddress().isLoopbackAddress()).isTrue();
    }
    assertThat(Woven.status("java.net.Socket", "$Connect").state())
        .isEqualTo(SeamStatus.State.LINKED);
    assertThat(Woven.status("java.net.Socket", "$Connect").version())
        .isEqualTo(Runtime.version().toString());
  }

  @Test
  void theMethodsOwnFailureStaysItsOwn() {
    assertThatThrownBy(() -> new Socket().connect(null, 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aClassThatIsNotExportedIsWoven() throws IOException {
    var connection =
        (HttpURLConnection)
            URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/")
                .toURL()
                .openConnection();
    assertThat(connection.getInputStream().readAllBytes()).asString().isEqualTo("ok");
    assertThat(System.getProperty("selvage.test.keepAlive")).isEqualTo("127.0.0.1");
  }

  @Test
  void aModuleThatIsLoadedLaterIsWovenThen() throws Exception {
    var request =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/"))
            .build();
    HttpResponse<String> answer =
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    assertThat(answer.body()).isEqualTo("ok");
    assertThat(System.getProperty("selvage.test.secure")).isEqualTo("127.0.0.1");
  }
}
