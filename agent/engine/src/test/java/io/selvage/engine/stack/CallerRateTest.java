package io.selvage.engine.stack;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.flow.TestHead;
import io.selvage.engine.model.CallerRates;
import io.selvage.engine.model.CallerRates.By;
import io.selvage.engine.model.CallerRates.Rule;
import io.selvage.engine.model.LocalRateLimit.Bucket;
import io.selvage.engine.model.WorkloadPolicy;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What a workload takes from its callers, in virtual time. */
class CallerRateTest {
  private static final String REPORTS = "spiffe://cluster.local/ns/reports/sa/";

  private static Rule rule(List<String> principals, By by, String header, int requests) {
    return new Rule(
        principals, List.of(), by, header, new Bucket(requests, requests, ofSeconds(60)));
  }

  private static Config config(boolean tells, int callers, Rule... rules) {
    return new Config()
        .own(
            new WorkloadPolicy(
                "default/p",
                WorkloadPolicy.Propagation.ALL,
                List.of(),
                null,
                new CallerRates("default/p", List.of(rules), callers, tells)))
        .chain(Config.ChainBuilder.raw(9080))
        .chain(Config.ChainBuilder.tls(9080));
  }

  private static int served(MeshTest mesh, Peer peer, int calls, String... headers) {
    int served = 0;
    for (int i = 0; i < calls; i++) {
      MeshTest.Call call = mesh.serve(head(headers), peer);
      if (call.sent.isEmpty()) {
        assertThat(call.rejection().httpStatus()).isEqualTo(429);
        assertThat(call.rejection().grpcStatus()).isEqualTo(8);
        assertThat(call.rejection().flag()).isEqualTo("RL");
        assertThat(call.rejection().detail()).contains("SELV-6045", "default/p");
      } else {
        call.answers(200).end();
        served++;
      }
    }
    return served;
  }

  private static TestHead head(String... headers) {
    TestHead head = TestHead.get("reviews", "/");
    for (int i = 0; i < headers.length; i += 2) {
      head.with(headers[i], headers[i + 1]);
    }
    return head;
  }

  private static Peer from(String principal) {
    return MeshTest.mesh(principal, 9080);
  }

  @Test
  void eachPrincipalHasARateOfItsOwn() {
    MeshTest mesh =
        new MeshTest(
            config(false, 10, rule(List.of("cluster.local/ns/reports/*"), By.PRINCIPAL, "", 3)));
    assertThat(served(mesh, from(REPORTS + "a"), 9)).isEqualTo(3);
    assertThat(served(mesh, from(REPORTS + "b"), 9)).isEqualTo(3);
    assertThat(served(mesh, from("spiffe://cluster.local/ns/shop/sa/a"), 9)).isEqualTo(9);
    assertThat(served(mesh, MeshTest.plain(9080), 9)).as("no identity, no rule").isEqualTo(9);
    mesh.advance(ofSeconds(20));
    assertThat(served(mesh, from(REPORTS + "a"), 9)).isEqualTo(1);
  }

  @Test
  void namespacesAddressesAndAllShareRates() {
    Rule byNamespace = rule(List.of(), By.NAMESPACE, "", 4);
    MeshTest mesh = new MeshTest(config(false, 10, byNamespace));
    assertThat(served(mesh, from(REPORTS + "a"), 3)).isEqualTo(3);
    assertThat(served(mesh, from(REPORTS + "b"), 3)).isEqualTo(1);
    assertThat(served(mesh, from("spiffe://cluster.local/ns/shop/sa/a"), 3)).isEqualTo(3);
    MeshTest all =
        new MeshTest(
            config(
                false,
                10,
                rule(List.of(), By.ALL, "", 5),
                new Rule(
                    List.of(), List.of("shop"), By.ADDRESS, "", new Bucket(2, 2, ofSeconds(60)))));
    assertThat(served(all, from("spiffe://cluster.local/ns/shop/sa/a"), 3)).isEqualTo(2);
    // the third took from the rate of all before the second rule refused it
    assertThat(served(all, MeshTest.plain(9080), 9)).isEqualTo(2);
  }

  @Test
  void headersAreCountedByValueAndSharedBeyondTheTable() {
    MeshTest mesh = new MeshTest(config(false, 2, rule(List.of(), By.HEADER, "x-tenant", 2)));
    assertThat(served(mesh, MeshTest.plain(9080), 3, "x-tenant", "a")).isEqualTo(2);
    assertThat(served(mesh, MeshTest.plain(9080), 3, "x-tenant", "b")).isEqualTo(2);
    int beyond = 0;
    for (int i = 0; i < 50; i++) {
      beyond += served(mesh, MeshTest.plain(9080), 1, "x-tenant", "made-up-" + i);
    }
    assertThat(beyond).as("who makes up tenants gets one rate for all of them").isEqualTo(2);
    assertThat(served(mesh, MeshTest.plain(9080), 3, "x-tenant", "a")).as("remembered").isZero();
    // when their rates are whole again, those that were known make room
    mesh.advance(ofSeconds(120));
    assertThat(served(mesh, MeshTest.plain(9080), 3, "x-tenant", "c")).isEqualTo(2);
    assertThat(served(mesh, MeshTest.plain(9080), 3)).as("without the header").isEqualTo(2);
  }

  @Test
  void responsesTellWhatIsLeft() {
    MeshTest mesh = new MeshTest(config(true, 10, rule(List.of(), By.ALL, "", 2)));
    MeshTest.Call first = mesh.serve(head(), MeshTest.plain(9080)).answers(200);
    var answer = ((Responded) Objects.requireNonNull(first.outcome)).head();
    assertThat(answer.header("x-ratelimit-limit")).isEqualTo("2");
    assertThat(answer.header("x-ratelimit-remaining")).isEqualTo("1");
    assertThat(answer.header("x-ratelimit-reset")).isEqualTo("0");
    mesh.serve(head(), MeshTest.plain(9080)).answers(200).end();
    mesh.advance(ofMillis(500));
    assertThat(mesh.serve(head(), MeshTest.plain(9080)).rejection().headers())
        .containsEntry("x-ratelimit-remaining", "0")
        .containsEntry("x-ratelimit-reset", "30");
  }

  @Test
  void ratesOutlivePushesThatDoNotChangeThem() {
    Config config = config(false, 10, rule(List.of(), By.ALL, "", 2));
    MeshTest mesh = new MeshTest(config);
    assertThat(served(mesh, MeshTest.plain(9080), 9)).isEqualTo(2);
    mesh.engine.publish(config(false, 10, rule(List.of(), By.ALL, "", 2)).build());
    assertThat(served(mesh, MeshTest.plain(9080), 9)).isZero();
    mesh.engine.publish(config(false, 10, rule(List.of(), By.ALL, "", 3)).build());
    assertThat(served(mesh, MeshTest.plain(9080), 9)).isEqualTo(3);
  }
}
