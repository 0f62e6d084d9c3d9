package io.selvage.instrumentation.testing.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.model.MeshConfig;
import io.selvage.engine.model.RbacFilter;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * No way of writing a path leads past its policy; the handler that really ran decides what a path
 * means. By number: CVE-2021-31920, CVE-2021-39156 (slashes and escapes), CVE-2026-73511 and
 * CVE-2026-73553 (path parameters).
 */
public interface PathPromises extends ServerWorld {
  /** Seed of the random changes. */
  long SEED = 31_920;

  /** How many random changes are sent over HTTP/1.1; a quarter of it over HTTP/2. */
  int MUTATED = Integer.getInteger("paths.mutated", 2_000);

  private MeshConfig denied() {
    return InboundSketch.paths(server().port(), RbacFilter.Action.DENY, "/admin");
  }

  private MeshConfig allowed() {
    return InboundSketch.paths(server().port(), RbacFilter.Action.ALLOW, "/hello");
  }

  @ParameterizedTest
  @EnumSource(
      value = Entry.class,
      names = {"H1", "H2_TLS"})
  default void noPathLeadsPastADeny(Entry entry) throws Exception {
    needs(entry);
    mesh().decideBy(denied(), AUTHORITY.workload(SERVER));
    matrix(entry, "DENY /admin*");
  }

  @ParameterizedTest
  @EnumSource(
      value = Entry.class,
      names = {"H1", "H2_TLS"})
  default void noPathLeadsPastAnAllow(Entry entry) throws Exception {
    needs(entry);
    mesh().decideBy(allowed(), AUTHORITY.workload(SERVER));
    matrix(entry, "ALLOW /hello*");
  }

  /** The matrix can fail: without policies the same paths do reach the handler. */
  @ParameterizedTest
  @ValueSource(strings = {"H1"})
  default void withoutPoliciesManyOfThemLeadThere(String entry) throws Exception {
    List<String> reached = new ArrayList<>();
    send(Entry.valueOf(entry), PathCases.standard(), reached, new ArrayList<>());
    assertThat(reached).contains("/admin", "/%61dmin/x").hasSizeGreaterThan(20);
  }

  private void matrix(Entry entry, String policy) throws Exception {
    List<String> cases = new ArrayList<>(PathCases.standard());
    cases.addAll(PathCases.parameters());
    cases.addAll(PathCases.overlong());
    cases.addAll(PathCases.further());
    int fixed = cases.size();
    cases.addAll(PathCases.mutated(SEED, entry.http2() ? MUTATED / 4 : MUTATED));
    List<String> bypasses = new ArrayList<>();
    List<String> answered = new ArrayList<>();
    send(entry, cases, bypasses, answered);
    List<String> normal = new ArrayList<>();
    send(entry, PathCases.normal(), new ArrayList<>(), normal);
    System.out.printf(
        "paths: %s %s %s: %d cases (%d fixed, seed %d), %d answered 200, %d bypasses, %d of %d normal"
            + " paths served%n",
        seam(),
        entry,
        policy,
        cases.size(),
        fixed,
        SEED,
        answered.size(),
        bypasses.size(),
        normal.size(),
        PathCases.normal().size());
    assertThat(bypasses).as("paths that led to the handler of /admin").isEmpty();
    assertThat(normal).as("normal paths that were served").isEqualTo(PathCases.normal());
    assertThat(PathCases.normal()).hasSize(50);
    assertThat(fixed).isGreaterThanOrEqualTo(345 + 40 + 20);
  }

  /** Sends each and tells which led to the protected handler, and which were answered 200. */
  private void send(Entry entry, List<String> paths, List<String> reached, List<String> answered)
      throws IOException {
    Wire wire = opened(entry);
    try {
      for (String path : paths) {
        int before = SampleLogic.adminRuns();
        boolean reusable = false;
        try {
          Reply reply = wire.send(Ask.get(path));
          reusable = !"close".equalsIgnoreCase(reply.headers().get("connection"));
          if (reply.status() == 200) {
            answered.add(path);
          }
        } catch (IOException | RuntimeException refused) {
          reusable = false; // not even HTTP to this server
        }
        if (SampleLogic.adminRuns() != before) {
          reached.add(path);
        }
        if (!reusable) {
          wire.close();
          wire = opened(entry);
        }
      }
    } finally {
      wire.close();
    }
  }

  /** Servers that say nothing to what they do not take for HTTP are not waited for. */
  private Wire opened(Entry entry) throws IOException {
    Wire wire = open(entry);
    wire.patience(Duration.ofMillis(700));
    return wire;
  }
}
