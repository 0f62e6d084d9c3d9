package io.selvage.engine.stack;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.TestHead;
import io.selvage.engine.model.Permission;
import io.selvage.engine.model.Principal;
import io.selvage.engine.model.RbacFilter;
import io.selvage.engine.model.StringMatch;
import io.selvage.engine.observing.Series;
import io.selvage.engine.stack.Config.ChainBuilder;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Authorization when the server has said what it makes of a path, and what policies leave behind.
 */
class DispatchTest {
  private static final int PORT = 8080;
  private static final String BOB = "spiffe://cluster.local/ns/default/sa/bob";

  private static RbacFilter.Rules rules(RbacFilter.Action action, String name, String path) {
    return new RbacFilter.Rules(
        action,
        Map.of(
            name,
            new RbacFilter.Policy(
                List.of(new Permission.UrlPath(new StringMatch.Exact(path, false))),
                List.of(new Principal.Any()))));
  }

  private static MeshTest mesh(RbacFilter... filters) {
    ChainBuilder chain = ChainBuilder.tls(PORT);
    for (RbacFilter filter : filters) {
      chain.rbac(filter);
    }
    return new MeshTest(new Config().chain(chain));
  }

  private static @Nullable Rejection dispatched(MeshTest mesh, String path, String meaning) {
    Peer bob = MeshTest.mesh(BOB, PORT);
    MeshTest.Call call = mesh.serve(TestHead.get("reviews:8080", path), bob);
    Exchange x = call.exchange;
    if (call.outcome != null) {
      return call.rejection();
    }
    x.head().means(meaning);
    Rejection refused = x.dispatched();
    assertThat(x.dispatched()).as("asked twice").isEqualTo(refused);
    x.end(End.COMPLETE);
    return refused;
  }

  @Test
  void denyHoldsForWhatTheServerMakesOfThePath() {
    MeshTest mesh = mesh(new RbacFilter(rules(RbacFilter.Action.DENY, "p", "/café"), null));
    assertThat(dispatched(mesh, "/x", "/café")).isNotNull();
    assertThat(dispatched(mesh, "/x", "//caf\u00e9;a=b")).as("and is cleaned").isNotNull();
    assertThat(dispatched(mesh, "/x", "/x")).isNull();
    assertThat(dispatched(mesh, "/x", "/y")).isNull();
  }

  @Test
  void allowNeedsEveryForm() {
    MeshTest mesh = mesh(new RbacFilter(rules(RbacFilter.Action.ALLOW, "p", "/public"), null));
    assertThat(dispatched(mesh, "/public", "/public")).isNull();
    assertThat(dispatched(mesh, "/public", "/admin")).isNotNull();
    assertThat(dispatched(mesh, "/admin", "/public")).isNotNull();
  }

  @Test
  void theRefusalIsTheExchangesOutcomeAndIsLogged() {
    MeshTest mesh = mesh(new RbacFilter(rules(RbacFilter.Action.DENY, "p", "/admin"), null));
    Rejection refused = dispatched(mesh, "/x", "/admin");
    assertThat(refused).isNotNull();
    assertThat(refused.httpStatus()).isEqualTo(403);
    assertThat(mesh.log).hasSize(1);
    assertThat(mesh.log.get(0).responseCode()).isEqualTo(403);
    assertThat(mesh.log.get(0).policy()).isEqualTo("p");
  }

  @Test
  void dryRunsAndAuditsAreCountedAndLogged() {
    MeshTest mesh =
        mesh(
            new RbacFilter(rules(RbacFilter.Action.LOG, "seen", "/admin"), null),
            new RbacFilter(null, rules(RbacFilter.Action.DENY, "would", "/admin")),
            new RbacFilter(null, rules(RbacFilter.Action.ALLOW, "also", "/admin")));
    assertThat(dispatched(mesh, "/admin", "/admin")).isNull();
    assertThat(dispatched(mesh, "/admin", "/admin")).isNull();
    assertThat(dispatched(mesh, "/other", "/other")).isNull();
    assertThat(mesh.log)
        .extracting(r -> r.dryRun() + "|" + r.audited())
        .containsExactly("denied by would|seen", "denied by would|seen", "denied|");
    assertThat(count(mesh, "dry-run", "would", "denied")).isEqualTo(2);
    assertThat(count(mesh, "dry-run", "none", "denied")).isEqualTo(1);
    assertThat(count(mesh, "audit", "seen", "matched")).isEqualTo(2);
  }

  private static long count(MeshTest mesh, String mode, String policy, String result) {
    Map<String, String> labels = Map.of("mode", mode, "policy", policy, "result", result);
    return mesh.engine.series().all().stream()
        .filter(s -> s.kind() == Series.Kind.POLICY && s.labels().equals(labels))
        .mapToLong(Series::count)
        .sum();
  }
}
