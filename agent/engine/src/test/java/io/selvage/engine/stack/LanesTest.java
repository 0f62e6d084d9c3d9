package io.selvage.engine.stack;

import static io.selvage.engine.stack.Config.cluster;
import static io.selvage.engine.stack.Config.route;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.TestAnswer;
import io.selvage.engine.flow.TestHead;
import io.selvage.engine.model.Cluster;
import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.HeaderMatch;
import io.selvage.engine.model.LaneEntry;
import io.selvage.engine.model.Locality;
import io.selvage.engine.model.OutlierDetection;
import io.selvage.engine.model.PathMatch;
import io.selvage.engine.model.RouteMatch;
import io.selvage.engine.model.UpstreamTls;
import io.selvage.engine.model.WeightedCluster;
import io.selvage.engine.model.WorkloadPolicy;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Traffic lanes: where they begin, what they select, how they travel. */
class LanesTest {
  private static final UpstreamTls MESH =
      new UpstreamTls(true, "sni", List.of(), List.of("istio"), null, null, null, false);
  private static final Peer WEB =
      MeshTest.mesh("spiffe://cluster.local/ns/default/sa/web", Config.PORT);

  private static Endpoint endpoint(int port, Endpoint.Health health, String lane) {
    Endpoint plain = Config.endpoint(port, 1, health, Locality.UNKNOWN);
    return new Endpoint(
        plain.address(),
        port,
        1,
        health,
        plain.locality(),
        plain.tlsMode(),
        plain.workload(),
        lane.isEmpty() ? Map.of() : Map.of(Endpoint.LANE, lane));
  }

  private static Config.ClusterBuilder lanes(Endpoint... endpoints) {
    return cluster("reviews").tls(MESH).endpoints(0, endpoints);
  }

  private static Config config(Config.ClusterBuilder cluster) {
    RouteMatch jason =
        new RouteMatch(
            new PathMatch.Prefix("/", false),
            List.of(HeaderMatch.exact("end-user", "jason")),
            List.of(),
            1.0);
    return Config.http(route())
        .cluster(cluster)
        .tcp("240.240.0.9", 3306, WeightedCluster.all("reviews"))
        .chain(Config.ChainBuilder.tls(Config.PORT))
        .chain(Config.ChainBuilder.raw(Config.PORT))
        .own(
            new WorkloadPolicy(
                "default/gray",
                WorkloadPolicy.Propagation.ALL,
                List.of(new LaneEntry("gray", List.of(jason), 1.0))));
  }

  private static MeshTest mesh() {
    return new MeshTest(
        config(
            lanes(
                endpoint(1, Endpoint.Health.HEALTHY, ""),
                endpoint(2, Endpoint.Health.HEALTHY, "gray"),
                endpoint(3, Endpoint.Health.HEALTHY, ""),
                endpoint(4, Endpoint.Health.HEALTHY, "gray"),
                endpoint(5, Endpoint.Health.HEALTHY, "blue"))));
  }

  private static Set<Integer> ports(MeshTest mesh, String lane) {
    Set<Integer> ports = new TreeSet<>();
    for (int i = 0; i < 20; i++) {
      MeshTest.Call call =
          mesh.call(TestHead.get("reviews:9080", "/"), MeshContext.NONE.withLane(lane));
      ports.add(call.port());
      call.answers(200).end();
    }
    return ports;
  }

  @Test
  void eachLaneHasItsEndpointsAndTheRestIsTheBase() {
    MeshTest mesh = mesh();
    assertThat(ports(mesh, null)).containsExactly(1, 3);
    assertThat(ports(mesh, "gray")).containsExactly(2, 4);
    assertThat(ports(mesh, "blue")).containsExactly(5);
    assertThat(ports(mesh, "nobody-is-in-it")).as("falls back").containsExactly(1, 3);
  }

  @Test
  void aLaneWithoutHealthyEndpointsFallsBackToTheBase() {
    MeshTest mesh =
        new MeshTest(
            config(
                lanes(
                        endpoint(1, Endpoint.Health.HEALTHY, ""),
                        endpoint(2, Endpoint.Health.UNHEALTHY, "gray"),
                        endpoint(5, Endpoint.Health.HEALTHY, "blue"))
                    .outlier(
                        new OutlierDetection(
                            3,
                            0,
                            0,
                            false,
                            ofSeconds(10),
                            ofSeconds(30),
                            ofSeconds(300),
                            1.0,
                            0))));
    assertThat(ports(mesh, "gray")).containsExactly(1);
    assertThat(ports(mesh, "blue")).containsExactly(5);
    for (int i = 0; i < 3; i++) {
      mesh.call(TestHead.get("reviews:9080", "/"), MeshContext.NONE.withLane("blue"))
          .answers(503)
          .end();
    }
    assertThat(ports(mesh, "blue")).as("ejected").containsExactly(1);
    mesh.advance(ofSeconds(45));
    assertThat(ports(mesh, "blue")).as("back, after a request has looked").contains(5);
  }

  @Test
  void whereNobodyIsInABaseTheLanesServeEverybody() {
    MeshTest mesh = new MeshTest(config(lanes(endpoint(2, Endpoint.Health.HEALTHY, "gray"))));
    assertThat(ports(mesh, null)).containsExactly(2);
    assertThat(ports(mesh, "gray")).containsExactly(2);
  }

  @Test
  void consistentHashingStaysInTheLane() {
    MeshTest mesh =
        new MeshTest(
            config(
                lanes(
                        endpoint(1, Endpoint.Health.HEALTHY, ""),
                        endpoint(2, Endpoint.Health.HEALTHY, "gray"),
                        endpoint(3, Endpoint.Health.HEALTHY, "gray"))
                    .balancer(new Cluster.Maglev(65_537))));
    assertThat(ports(mesh, "gray")).isSubsetOf(2, 3);
    assertThat(ports(mesh, null)).containsExactly(1);
  }

  @Test
  void connectionsOfALaneGoToItsEndpoints() {
    MeshTest mesh = mesh();
    for (int i = 0; i < 10; i++) {
      Exchange x = mesh.engine.connect("240.240.0.9", 3306, MeshContext.NONE.withLane("blue"));
      Attempt attempt = (Attempt) x.begin();
      assertThat(attempt.endpoint()).isNotNull();
      assertThat(attempt.endpoint().port()).isEqualTo(5);
      x.end(End.ABORTED);
    }
  }

  // ---- where lanes begin

  private static MeshContext entered(MeshTest mesh, TestHead head, Peer peer) {
    Exchange in = mesh.engine.inbound(head, peer);
    assertThat(in.begin()).isInstanceOf(Attempt.class);
    return in.facts().context;
  }

  @Test
  void aRulePutsRequestsIntoTheirLaneWhereTheyEnter() {
    MeshTest mesh = mesh();
    TestHead jason = TestHead.get("reviews", "/").with("end-user", "jason");
    assertThat(entered(mesh, jason, MeshTest.plain(Config.PORT)).lane()).isEqualTo("gray");
    TestHead other = TestHead.get("reviews", "/").with("end-user", "mary");
    assertThat(entered(mesh, other, MeshTest.plain(Config.PORT)).lane()).isNull();
  }

  @Test
  void aShareOfTheRequestsIsChance() {
    WorkloadPolicy tenth =
        new WorkloadPolicy(
            "d/x", WorkloadPolicy.Propagation.ALL, List.of(new LaneEntry("gray", List.of(), 0.1)));
    MeshTest mesh =
        new MeshTest(config(lanes(endpoint(1, Endpoint.Health.HEALTHY, ""))).own(tenth));
    int in = 0;
    for (int i = 0; i < 5_000; i++) {
      in +=
          entered(mesh, TestHead.get("reviews", "/"), MeshTest.plain(Config.PORT)).lane() == null
              ? 0
              : 1;
    }
    assertThat(in).isBetween(400, 600);
  }

  @ParameterizedTest
  @CsvSource({
    "x-selvage-lane, blue, blue",
    "x-selvage-lane, Blue;DROP, ",
    "baggage, 'userId=1, selvage.lane=blue;prop=1', blue",
    "baggage, 'selvage.lane=', "
  })
  void peersOfTheMeshSayTheLaneStrangersDoNot(String name, String value, String lane) {
    MeshTest mesh = mesh();
    TestHead head = TestHead.get("reviews", "/").with(name, value);
    assertThat(entered(mesh, head, WEB).lane()).isEqualTo(lane);
    TestHead forged = TestHead.get("reviews", "/").with(name, value);
    assertThat(entered(mesh, forged, MeshTest.plain(Config.PORT)).lane()).isNull();
    assertThat(forged.header("x-selvage-lane")).as("stripped").isNull();
  }

  @Test
  void travelsWithoutTheApplicationsHelp() {
    MeshTest mesh = mesh();
    Exchange in =
        mesh.engine.inbound(
            TestHead.get("reviews", "/").with("end-user", "jason"), MeshTest.plain(Config.PORT));
    Attempt run = (Attempt) in.begin();
    MeshTest.Call call = mesh.call(TestHead.get("reviews:9080", "/"), in.facts().context);
    assertThat(call.port()).isIn(2, 4);
    assertThat(call.head().header("x-selvage-lane")).isEqualTo("gray");
    call.answers(200).end();
    in.onOutcome(run, TestAnswer.of(200));
    in.end(End.COMPLETE);
    assertThat(mesh.log).extracting(r -> r.lane()).containsExactly("gray", "gray");
    assertThat(mesh.engine.series().all())
        .extracting(s -> s.labels().get("selvage_lane"))
        .containsOnly("gray");
  }

  @Test
  void nobodyOutsideTheMeshLearnsOfIt() {
    MeshTest mesh = new MeshTest(Config.http(route()).cluster(cluster("reviews", 1)));
    MeshTest.Call call =
        mesh.call(
            TestHead.get("reviews:9080", "/").with("x-selvage-lane", "forged"),
            MeshContext.NONE.withLane("gray"));
    assertThat(call.head().header("x-selvage-lane")).isNull();
  }
}
