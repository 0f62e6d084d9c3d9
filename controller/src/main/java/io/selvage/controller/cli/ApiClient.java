package io.selvage.controller.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** The controller's API over HTTPS with a bearer token. Refusals become {@link CliException}. */
final class ApiClient {
  static final ObjectMapper JSON = new ObjectMapper();

  private final Kubeconfig config;
  private final HttpClient http;

  ApiClient(Kubeconfig config) {
    this.config = config;
    this.http =
        HttpClient.newBuilder()
            .connectTimeout(Duration.ofSeconds(5))
            .version(HttpClient.Version.HTTP_1_1)
            .sslContext(trusting(config.caPem()))
            .build();
  }

  Kubeconfig config() {
    return config;
  }

  private static SSLContext trusting(String pem) {
    try {
      KeyStore anchors = KeyStore.getInstance("PKCS12");
      anchors.load(null, null);
      int n = 0;
      for (Certificate c :
          CertificateFactory.getInstance("X.509")
              .generateCertificates(
                  new ByteArrayInputStream(pem.getBytes(StandardCharsets.UTF_8)))) {
        anchors.setCertificateEntry("ca" + n++, c);
      }
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(anchors);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new CliException(
          "SELV-8014",
          "(kubeconfig certificate-authority) is no certificate; "
              + e.getMessage()
              + ". Fix: run 'selvage dev up' again or write the kubeconfig anew.",
          e);
    }
  }

  JsonNode get(String path) {
    return json(send("GET", path, null, null, "application/json"));
  }

  /** A list or object as the server prints it in rows. */
  JsonNode table(String path) {
    return json(
        send(
            "GET",
            path,
            null,
            null,
            "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"));
  }

  JsonNode post(String path, JsonNode body) {
    return json(send("POST", path, "application/json", body.toString(), "application/json"));
  }

  JsonNode patch(String path, String type, String body) {
    return json(send("PATCH", path, type, body, "application/json"));
  }

  JsonNode delete(String path) {
    return json(send("DELETE", path, null, null, "application/json"));
  }

  /** Whether the path answers with success; false while there is no server. */
  boolean answers(String path) {
    try {
      return http.send(
                  request("GET", path, null, null, "*/*"), HttpResponse.BodyHandlers.discarding())
              .statusCode()
          == 200;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** A stream of lines that ends when the server ends it. */
  InputStream stream(String path) {
    try {
      HttpResponse<InputStream> answer =
          http.send(
              request(
                  "GET",
                  path,
                  null,
                  null,
                  "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"),
              HttpResponse.BodyHandlers.ofInputStream());
      return answer.body();
    } catch (IOException e) {
      throw unreachable(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CliException("SELV-8016", "interrupted", e);
    }
  }

  private HttpRequest request(
      String method, String path, @Nullable String type, @Nullable String body, String accept) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(config.server() + path))
            .header("Authorization", "Bearer " + config.token())
            .header("Accept", accept)
            .header("User-Agent", "selvage-cli");
    if (!path.contains("watch=true")) {
      request.timeout(Duration.ofSeconds(30));
    }
    if (type != null) {
      request.header("Content-Type", type);
    }
    return request
        .method(
            method,
            body == null
                ? HttpRequest.BodyPublishers.noBody()
                : HttpRequest.BodyPublishers.ofString(body))
        .build();
  }

  private HttpResponse<String> send(
      String method, String path, @Nullable String type, @Nullable String body, String accept) {
    try {
      HttpResponse<String> answer =
          http.send(
              request(method, path, type, body, accept), HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() >= 300) {
        throw refused(answer);
      }
      return answer;
    } catch (IOException e) {
      throw unreachable(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CliException("SELV-8016", "interrupted", e);
    }
  }

  private CliException unreachable(IOException e) {
    return new CliException(
        "SELV-8015",
        "the controller at "
            + config.server()
            + " does not answer; "
            + (e.getMessage() == null ? e.toString() : e.getMessage())
            + ". Fix: start it ('selvage dev up') or name another kubeconfig.",
        e);
  }

  private static CliException refused(HttpResponse<String> answer) {
    String message = answer.body();
    try {
      JsonNode status = JSON.readTree(answer.body());
      if (status.hasNonNull("message")) {
        message = status.path("message").asText();
      }
    } catch (JsonProcessingException e) {
      // the body is the message then
    }
    return switch (answer.statusCode()) {
      case 401 ->
          new CliException(
              "SELV-8017",
              "the controller does not know the token of the kubeconfig; "
                  + message
                  + ". Fix: use the kubeconfig that 'selvage dev up' printed.");
      case 403 -> new CliException("SELV-8018", "not allowed; " + message);
      case 404 -> new CliException("SELV-8019", message);
      default -> new CliException("SELV-8020", "refused (" + answer.statusCode() + "); " + message);
    };
  }

  private static JsonNode json(HttpResponse<String> answer) {
    try {
      return JSON.readTree(answer.body());
    } catch (JsonProcessingException e) {
      throw new CliException("SELV-8021", "the controller's answer is not JSON", e);
    }
  }
}
