package io.selvage.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.HeadChanges;
import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.stack.Engine;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The Bookinfo chain with reviews v2 in a lane, for tagged requests only; ratings has no lane. */
class TrafficLaneSimulationTest {
  private static SimulatedMesh bookinfo() {
    return new SimulatedMesh()
        .workload("productpage", "v1", 9080, "http")
        .workload("reviews", "v1", 9080, "http")
        .workload("reviews", "v2", 9080, "http")
        .workload("reviews", "v3", 9080, "http")
        .workload("ratings", "v1", 9080, "http")
        .with(
            """
            apiVersion: selvage.io/v1
            kind: TrafficLane
            metadata: {name: reviews-v2}
            spec:
              selector: {matchLabels: {app: reviews, version: v2}}
              entries:
              - selector: {matchLabels: {app: productpage}}
                match:
                - headers: {end-user: {exact: jason}}
                - cookies: {lane: {exact: v2}}
                - queryParams: {lane: {exact: v2}}
            """);
  }

  private static final Peer EDGE =
      new Peer("10.9.9.9", 40_000, "10.0.0.1", 9080, false, null, null, null);

  private static MeshContext entered(Engine productpage, String path, String... headers) {
    Exchange in = productpage.inbound(new Line("GET", "productpage:9080", path, headers), EDGE);
    assertThat(in.begin()).isInstanceOf(Attempt.class);
    return in.facts().context;
  }

  /** Workloads that requests of a context reach; the last head that was sent. */
  private static Set<String> reached(
      Engine from, String service, MeshContext context, List<String> lanes) {
    Set<String> names = new HashSet<>();
    for (int i = 0; i < 30; i++) {
      Exchange x = from.outbound(new Line("GET", service + ":9080", "/"), service, 9080, context);
      Attempt attempt = (Attempt) x.begin();
      names.add(Objects.requireNonNull(attempt.endpoint()).workload().version());
      for (HeadChanges.Change change : x.head().changes().list()) {
        if (change.name().equals("x-selvage-lane")) {
          lanes.add(change.value());
        }
      }
      x.end(End.ABORTED);
    }
    return names;
  }

  @Test
  void taggedRequestsReachTheLaneAndAllOthersTheBase() {
    Engine productpage = bookinfo().engineOf("productpage");
    List<String> lanes = new ArrayList<>();
    MeshContext jason = entered(productpage, "/productpage", "end-user", "jason");
    assertThat(jason.lane()).isEqualTo("reviews-v2");
    assertThat(reached(productpage, "reviews", jason, lanes)).containsExactly("v2");
    assertThat(lanes).hasSize(30).containsOnly("reviews-v2");

    lanes.clear();
    MeshContext other = entered(productpage, "/productpage", "end-user", "mary");
    assertThat(reached(productpage, "reviews", other, lanes)).containsExactlyInAnyOrder("v1", "v3");
    assertThat(lanes).isEmpty();
  }

  @Test
  void cookiesAndQueryParametersTagToo() {
    Engine productpage = bookinfo().engineOf("productpage");
    assertThat(entered(productpage, "/", "cookie", "a=b; lane=v2; c=d").lane())
        .isEqualTo("reviews-v2");
    assertThat(entered(productpage, "/", "cookie", "a=b; lane=v22").lane()).isNull();
    assertThat(entered(productpage, "/?x=1&lane=v2").lane()).isEqualTo("reviews-v2");
  }

  @Test
  void theLaneGoesOnToServicesThatHaveNone() {
    Engine reviews = bookinfo().engineOf("reviews");
    Exchange in =
        reviews.inbound(
            new Line("GET", "reviews:9080", "/", "x-selvage-lane", "reviews-v2"),
            new Peer(
                "10.0.0.1",
                40_000,
                "10.0.0.3",
                9080,
                true,
                "spiffe://cluster.local/ns/default/sa/productpage",
                null,
                null));
    assertThat(in.begin()).isInstanceOf(Attempt.class);
    List<String> lanes = new ArrayList<>();
    assertThat(reached(reviews, "ratings", in.facts().context, lanes)).containsExactly("v1");
    assertThat(lanes).hasSize(30).containsOnly("reviews-v2");
  }

  @Test
  void propagationCanBeSwitchedOff() {
    Engine reviews =
        bookinfo()
            .with(
                """
                apiVersion: selvage.io/v1
                kind: ResiliencePolicy
                metadata: {name: own-time}
                spec:
                  selector: {matchLabels: {app: reviews}}
                  propagation: {deadlines: DISABLED}
                """)
            .engineOf("reviews");
    Exchange in =
        reviews.inbound(
            new Line("GET", "reviews:9080", "/", "x-selvage-timeout-ms", "100"),
            new Peer(
                "10.0.0.1",
                40_000,
                "10.0.0.3",
                9080,
                true,
                "spiffe://cluster.local/ns/default/sa/productpage",
                null,
                null));
    in.begin();
    assertThat(in.facts().context.deadlineNanos()).isEqualTo(Long.MAX_VALUE);
  }
}
