package io.selvage.differential;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.InvalidProtocolBufferException;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * A disagreement that was found once, kept: configuration, calls and what both sides must decide.
 *
 * <p>{@code $HOST0} to {@code $HOST9} stand for upstream hosts; a cluster without endpoints gets
 * the first.
 */
record RegressionCase(String name, JsonNode text) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int HOSTS = 10;

  static RegressionCase read(Path file, RealEnvoy envoy) {
    try {
      String yaml = Files.readString(file);
      for (int i = 0; i < HOSTS; i++) {
        if (yaml.contains("$HOST" + i)) {
          yaml = yaml.replace("$HOST" + i, host(envoy, i));
        }
      }
      Object read = new Load(LoadSettings.builder().build()).loadFromString(yaml);
      return new RegressionCase(file.getFileName().toString(), JSON.valueToTree(read));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Address of an upstream host. */
  static String host(RealEnvoy envoy, int n) {
    return envoy.address(10 + n);
  }

  private static String json(JsonNode node) {
    try {
      return JSON.writeValueAsString(node);
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static byte[] bytes(String type, JsonNode node) {
    return FullProtobuf.bytes(type, json(node));
  }

  Resources resources(RealEnvoy envoy, String address) {
    try {
      List<Cluster> clusters = new ArrayList<>();
      for (JsonNode node : text.withArray("clusters")) {
        Cluster.Builder one =
            Cluster.parseFrom(bytes("envoy.config.cluster.v3.Cluster", node)).toBuilder();
        if (!one.hasLoadAssignment() && one.getType() == Cluster.DiscoveryType.STATIC) {
          one.setLoadAssignment(Configs.endpoints(one.getName(), host(envoy, 0) + ":8000"));
        }
        if (one.getType() == Cluster.DiscoveryType.EDS) {
          one.setEdsClusterConfig(HostSet.cluster(one.getName()).getEdsClusterConfig());
        }
        clusters.add(one.build());
      }
      List<ClusterLoadAssignment> endpoints = new ArrayList<>();
      for (JsonNode node : text.withArray("endpoints")) {
        endpoints.add(
            ClusterLoadAssignment.parseFrom(
                bytes("envoy.config.endpoint.v3.ClusterLoadAssignment", node)));
      }
      return new Resources(List.of(listener(envoy, address)), List.of(), clusters, endpoints);
    } catch (InvalidProtocolBufferException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private Listener listener(RealEnvoy envoy, String address) throws InvalidProtocolBufferException {
    RouteConfiguration routes =
        RouteConfiguration.parseFrom(
            bytes("envoy.config.route.v3.RouteConfiguration", text.get("routes")));
    HttpConnectionManager.Builder manager = Configs.manager(envoy, routes);
    if (text.has("manager")) {
      HttpConnectionManager own =
          HttpConnectionManager.parseFrom(
              bytes(
                  "envoy.extensions.filters.network.http_connection_manager.v3"
                      + ".HttpConnectionManager",
                  text.get("manager")));
      if (own.getHttpFiltersCount() > 0) {
        manager.clearHttpFilters();
      }
      manager.mergeFrom(own);
    }
    return Configs.listener(address, manager.build());
  }

  boolean hasEndpoints() {
    return text.has("endpoints");
  }

  /** Whether a configuration that both sides must refuse. */
  boolean isRefused() {
    return text.path("refused").asBoolean();
  }

  /** What the agent alone must refuse, by a field that its reason names; empty = nothing. */
  String refusedByAgent() {
    return text.path("refused_by_agent").asText();
  }

  /** Why what became of the configuration is not what the case says; empty = it is. */
  List<String> misjudged(Map<String, String> envoys, Map<String, String> engines) {
    boolean right =
        refusedByAgent().isEmpty()
            ? envoys.isEmpty() == !isRefused() && engines.isEmpty() == !isRefused()
            : envoys.isEmpty() && engines.toString().contains(refusedByAgent());
    return right ? List.of() : List.of("Envoy refuses " + envoys + ", the agent " + engines);
  }

  Script script() {
    List<Answer> answers = new ArrayList<>();
    text.path("script").forEach(node -> answers.add(answer(node)));
    return answers.isEmpty()
        ? Script.OK
        : (request, nth) -> answers.get(Math.min(nth, answers.size() - 1));
  }

  private static Answer answer(JsonNode node) {
    if (node.path("reset").asBoolean()) {
      return Answer.reset();
    }
    if (node.path("hang").asBoolean()) {
      return Answer.hang();
    }
    Answer plain = Answer.of(node.path("status").asInt(200)).withBody(node.path("body").asText());
    return new Answer(
        plain.kind(), plain.status(), headers(node.path("headers")), plain.body(), Duration.ZERO);
  }

  /** A value that is a list is several lines. */
  private static List<Header> headers(JsonNode node) {
    List<Header> all = new ArrayList<>();
    node.fields()
        .forEachRemaining(
            entry -> {
              if (entry.getValue().isArray()) {
                entry.getValue().forEach(v -> all.add(new Header(entry.getKey(), v.asText())));
              } else {
                all.add(new Header(entry.getKey(), entry.getValue().asText()));
              }
            });
    return all;
  }

  List<JsonNode> calls() {
    List<JsonNode> all = new ArrayList<>();
    text.withArray("calls").forEach(all::add);
    return all;
  }

  static Call call(String listener, JsonNode node) {
    return Call.of(
            listener,
            node.path("method").asText("GET"),
            node.path("authority").asText("a.example"),
            node.path("path").asText("/"),
            headers(node.path("headers")))
        .withBody(node.path("body").asText());
  }

  /** Where a decision is not what the case says, in words. */
  static List<String> unexpected(String side, JsonNode call, Decision decided) {
    List<String> found = new ArrayList<>();
    JsonNode want = call.path("decision");
    check(found, side + " status", want.get("status"), "" + decided.status());
    check(found, side + " flag", want.get("flag"), decided.flag());
    check(found, side + " cluster", want.get("cluster"), decided.cluster());
    check(found, side + " attempts", want.get("attempts"), "" + decided.attempts());
    check(found, side + " body", want.get("body"), decided.body());
    each(found, side + " response ", want.path("headers"), decided.headers());
    JsonNode upstream = want.get("upstream");
    if (upstream != null && decided.received().isEmpty()) {
      found.add(side + ": no upstream host got it");
    } else if (upstream != null) {
      Received received = decided.received().get(0);
      check(found, side + " upstream path", upstream.get("path"), received.path());
      check(found, side + " upstream authority", upstream.get("authority"), received.authority());
      check(found, side + " upstream host", upstream.get("host"), received.host());
      each(found, side + " upstream ", upstream.path("headers"), received.headers());
    }
    return found;
  }

  private static void each(
      List<String> found, String where, JsonNode wanted, List<Header> headers) {
    wanted
        .fields()
        .forEachRemaining(
            entry ->
                check(
                    found,
                    where + entry.getKey(),
                    entry.getValue(),
                    Header.joined(headers, entry.getKey())));
  }

  /** A wanted {@code null} is a header that must not be there. */
  private static void check(List<String> found, String what, JsonNode wanted, String is) {
    if (wanted == null) {
      return;
    }
    String text = wanted.isNull() ? null : wanted.asText();
    if (text == null ? is != null : !text.equals(is)) {
      found.add(what + ": '" + is + "', not '" + text + "'");
    }
  }
}
