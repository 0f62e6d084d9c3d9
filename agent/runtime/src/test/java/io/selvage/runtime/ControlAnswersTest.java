package io.selvage.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.Endpoints;
import io.selvage.engine.model.HeaderOps;
import io.selvage.engine.model.InboundListener;
import io.selvage.engine.model.Listener;
import io.selvage.engine.model.Locality;
import io.selvage.engine.model.MeshConfig;
import io.selvage.engine.model.NameTable;
import io.selvage.engine.model.Node;
import io.selvage.engine.model.Observability;
import io.selvage.engine.model.PathMatch;
import io.selvage.engine.model.Route;
import io.selvage.engine.model.RouteAction;
import io.selvage.engine.model.RouteConfig;
import io.selvage.engine.model.RouteMatch;
import io.selvage.engine.model.VirtualHost;
import io.selvage.engine.model.WeightedCluster;
import io.selvage.engine.snapshot.PortMode;
import io.selvage.engine.stack.Engine;
import io.selvage.extension.PortPolicy;
import io.selvage.identity.TestPki;
import io.selvage.identity.TrustBundle;
import io.selvage.identity.WorkloadIdentity;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ControlAnswersTest {
  private static final TestPki PKI = new TestPki("mesh");
  private static final String CLUSTER = "outbound|9080||reviews.default.svc.cluster.local";

  private final Engine engine = Engine.builder(Node.UNKNOWN).build();
  private final WorkloadIdentity identity = PKI.identity("productpage");
  private final Ports ports =
      new Ports(port -> PortMode.STRICT, port -> false, PortPolicy.Mode.PERMISSIVE);
  private final ByteArrayOutputStream lines = new ByteArrayOutputStream();
  private final ControlAnswers answers =
      new ControlAnswers(
          engine,
          identity,
          ports,
          new Readiness(
              ports,
              WorkloadFacts.of(
                  Settings.of(Map.of(), Map.of(), null), "127.0.0.1", new ArrayList<>()),
              Readiness.Unprotected.WARN),
          () -> List.of(Map.of("instrumentation", "netty", "state", "linked")),
          new AgentLog(
              new PrintStream(lines, true, StandardCharsets.UTF_8),
              AgentLog.Level.INFO,
              System::nanoTime));

  private static MeshConfig config() {
    Route route =
        new Route(
            "all",
            new RouteMatch(new PathMatch.Prefix("/reviews", false), List.of(), List.of(), 1.0),
            new RouteAction.Forward(
                List.of(WeightedCluster.all(CLUSTER)),
                null,
                null,
                null,
                null,
                List.of(),
                List.of()),
            HeaderOps.NONE,
            HeaderOps.NONE,
            null,
            null);
    RouteConfig routes =
        new RouteConfig(
            "9080",
            List.of(
                new VirtualHost(
                    "reviews:9080",
                    List.of("reviews", "reviews:9080"),
                    List.of(route),
                    HeaderOps.NONE,
                    HeaderOps.NONE)),
            HeaderOps.NONE,
            HeaderOps.NONE);
    var cluster =
        new io.selvage.engine.model.Cluster(
            CLUSTER,
            io.selvage.engine.model.Cluster.Discovery.EDS,
            CLUSTER,
            null,
            new io.selvage.engine.model.Cluster.RoundRobin(),
            io.selvage.engine.model.Cluster.LocalityBalancing.DEFAULT,
            Duration.ofSeconds(5),
            io.selvage.engine.model.CircuitBreakers.DEFAULT,
            null,
            null,
            Map.of(),
            false,
            Map.of(),
            null);
    Endpoint endpoint =
        new Endpoint(
            "127.0.0.1",
            19081,
            1,
            Endpoint.Health.HEALTHY,
            Locality.UNKNOWN,
            "",
            Endpoint.Workload.UNKNOWN,
            Map.of());
    return new MeshConfig(
        List.of(
            new Listener(
                "0.0.0.0_9080",
                "0.0.0.0",
                9080,
                new Listener.Http("9080", null, null, Observability.DEFAULT))),
        InboundListener.EMPTY,
        Map.of("9080", routes),
        Map.of(CLUSTER, cluster),
        Map.of(
            CLUSTER,
            new Endpoints(
                CLUSTER, List.of(new Endpoints.Group(Locality.UNKNOWN, 0, 1, List.of(endpoint))))),
        new NameTable(Map.of("reviews", List.of("240.240.0.1"))),
        false);
  }

  @Test
  void explainsWhatItWouldDo() {
    assertThat(answers.publish(config())).isEmpty();
    Map<String, Object> answer =
        answers.answer(
            Map.of(
                "id",
                "1",
                "kind",
                "explain",
                "authority",
                "reviews:9080",
                "port",
                9080.0,
                "method",
                "GET",
                "path",
                "/reviews/1",
                "headers",
                Map.of("End-User", "jason")));
    assertThat(answer)
        .containsEntry("listener", "0.0.0.0_9080")
        .containsEntry("route", "all")
        .containsEntry("cluster", CLUSTER);
    assertThat(answer.get("endpoints").toString()).contains("127.0.0.1:19081");
    assertThat(answer).doesNotContainKey("rejection");
    Map<String, Object> none =
        answers.answer(
            Map.of("kind", "explain", "authority", "reviews", "port", 9080.0, "path", "/other"));
    assertThat(none.get("rejection").toString()).contains("NR");
  }

  @Test
  void questionsThatAreNoneGetAnErrorAndNothingBreaks() {
    assertThat(answers.answer(Map.of("kind", "dance"))).containsKey("error");
    assertThat(answers.answer(Map.of())).isNotEmpty();
    assertThat(
            answers.answer(
                Map.of(
                    "kind",
                    "explain-inbound",
                    "port",
                    "x",
                    "headers",
                    "y",
                    "principal",
                    "spiffe://cluster.local/ns/a/sa/b")))
        .isNotEmpty();
  }

  @Test
  void reportsWhatTheContractNames() {
    ports.listening(19080, "netty");
    Map<String, Object> report = answers.report();
    assertThat(report)
        .containsEntry("ready", true)
        .containsEntry("boundPorts", List.of(19080))
        .containsEntry("unprotected", List.of())
        .containsEntry("nacks", List.of())
        .containsEntry("mode", "STRICT");
    assertThat(report.get("certificate"))
        .isInstanceOfSatisfying(
            Map.class, c -> assertThat(c).containsOnlyKeys("serial", "notAfter", "keyHash"));
    assertThat(report.get("seams").toString()).contains("linked");
    assertThat(JsonText.of(report)).doesNotContain("PRIVATE");
  }

  @Test
  void trustsWhatTheControllerNamesAndNobodyElse() {
    TestPki next = new TestPki("next");
    TestPki partner = new TestPki("partner");
    identity.trust(identity.state().bundle().with("partner.example", List.of(partner.root)));
    Object epoch = identity.state().epoch();
    TrustBundle both =
        TrustBundle.of("cluster.local", List.of(PKI.root))
            .with("partner.example", List.of(partner.root));
    answers.trust(both);
    assertThat(identity.state().epoch()).isSameAs(epoch);
    answers.trust(both.with("cluster.local", List.of(PKI.root, next.root)));
    assertThat(identity.state().bundle().of("cluster.local"))
        .containsExactlyInAnyOrder(PKI.root, next.root);
    assertThat(identity.state().bundle().of("partner.example")).containsExactly(partner.root);
    assertThat(identity.state().epoch()).isNotSameAs(epoch);
    answers.trust(TrustBundle.of("cluster.local", List.of(next.root)));
    assertThat(identity.state().bundle().of("partner.example")).isEmpty();
    answers.trust(TrustBundle.of("partner.example", List.of(partner.root)));
    assertThat(identity.state().bundle().of("cluster.local")).containsExactly(next.root);
  }
}
