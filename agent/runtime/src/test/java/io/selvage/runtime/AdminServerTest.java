package io.selvage.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdminServerTest {
  private static AdminServer open(int port) throws Exception {
    return AdminServer.open(
        port,
        Map.of(
            "/health", query -> AdminServer.Answer.json(Map.of("ok", true)),
            "/echo", query -> AdminServer.Answer.json(query),
            "/fails",
                query -> {
                  throw new IllegalStateException("boom");
                }));
  }

  private static HttpResponse<String> get(int port, String path) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
            HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void answers() throws Exception {
    try (AdminServer server = open(0)) {
      assertThat(get(server.port(), "/health").body()).isEqualTo("{\"ok\":true}\n");
      assertThat(get(server.port(), "/echo?a=b%20c").body()).isEqualTo("{\"a\":\"b c\"}\n");
      assertThat(get(server.port(), "/none").statusCode()).isEqualTo(404);
      assertThat(get(server.port(), "/fails").statusCode()).isEqualTo(500);
    }
  }

  @Test
  void takesTheNextFreePort() throws Exception {
    try (ServerSocket taken = new ServerSocket(0);
        AdminServer server = open(taken.getLocalPort())) {
      assertThat(server.port()).isGreaterThan(taken.getLocalPort());
      assertThat(get(server.port(), "/health").statusCode()).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\r\n\r\n",
        "GET\r\n\r\n",
        "GET / x HTTP/1.1\r\n\r\n",
        "GET health HTTP/1.1\r\n\r\n",
        "POST /health HTTP/1.1\r\n\r\n",
        "\u0016\u0003\u0001\r\n\r\n"
      })
  void survivesBadRequests(String request) throws Exception {
    try (AdminServer server = open(0);
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      socket.getOutputStream().flush();
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(answer).startsWith("HTTP/1.1 40");
      assertThat(get(server.port(), "/health").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void anEndlessHeadIsCutOff() throws Exception {
    try (AdminServer server = open(0);
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      OutputStream out = socket.getOutputStream();
      out.write("GET /health HTTP/1.1\r\nx: ".getBytes(StandardCharsets.US_ASCII));
      byte[] chunk = "x".repeat(8_170).getBytes(StandardCharsets.US_ASCII);
      out.write(chunk);
      out.flush();
      InputStream in = socket.getInputStream();
      assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8)).startsWith("HTTP/1.1 400");
    }
  }

  @Test
  void writesJson() {
    assertThat(JsonText.of(Map.of())).isEqualTo("{}");
    assertThat(JsonText.of(List.of())).isEqualTo("[]");
    assertThat(JsonText.of(List.of("a\"\\\n\u0001é", 1, 2.5, true)))
        .isEqualTo("[\"a\\\"\\\\\\u000a\\u0001é\",1,2.5,true]");
    assertThat(JsonText.of(null)).isEqualTo("null");
  }
}
