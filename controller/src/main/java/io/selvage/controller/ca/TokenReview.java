package io.selvage.controller.ca;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.function.Supplier;

/**
 * Asks a cluster whose token it is ({@code authentication.k8s.io/v1} TokenReview). Blocks up to 5
 * s; thread-safe.
 */
public final class TokenReview {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String PATH = "/apis/authentication.k8s.io/v1/tokenreviews";
  private final Supplier<BundleFetch.Source> api;
  private final BundleFetch fetch;

  /**
   * Asks there.
   *
   * @param api address of the API server, who signs its certificate, our own token for it; read for
   *     each question, as tokens are replaced
   */
  public TokenReview(Supplier<BundleFetch.Source> api, BundleFetch fetch) {
    this.api = api;
    this.fetch = fetch;
  }

  /**
   * The user of a token that is good for the audience.
   *
   * @throws CodedException SELV-4155 where it is not, or nobody can say
   */
  String user(String token, String audience) {
    ObjectNode question = JSON.createObjectNode();
    question.put("apiVersion", "authentication.k8s.io/v1").put("kind", "TokenReview");
    ObjectNode spec = question.putObject("spec");
    spec.put("token", token);
    spec.putArray("audiences").add(audience);
    BundleFetch.Source server = api.get();
    JsonNode status;
    try {
      String url = server.url().replaceFirst("/+$", "") + PATH;
      String answer =
          fetch.post(
              new BundleFetch.Source(url, server.caPem(), server.bearer()), question.toString());
      status = JSON.readTree(answer).path("status");
    } catch (JsonProcessingException e) {
      throw KubernetesTokens.refused("SELV-4155", "could not be reviewed: no JSON came back");
    } catch (CodedException e) {
      throw KubernetesTokens.refused("SELV-4155", "could not be reviewed: " + e.getMessage());
    }
    if (!status.path("authenticated").isBoolean() || !status.path("authenticated").asBoolean()) {
      throw KubernetesTokens.refused("SELV-4155", "is not good, says its cluster");
    }
    // a server that does not know of audiences leaves the list out: then nothing is bound
    for (JsonNode each : status.path("audiences")) {
      if (each.asText().equals(audience)) {
        return status.path("user").path("username").asText("");
      }
    }
    throw KubernetesTokens.refused(
        "SELV-4155", "is not bound to the audience '" + audience + "', says its cluster");
  }
}
