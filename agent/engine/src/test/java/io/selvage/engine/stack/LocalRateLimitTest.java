package io.selvage.engine.stack;

import static io.selvage.engine.stack.Config.cluster;
import static io.selvage.engine.stack.Config.route;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.Responded;
import io.selvage.engine.flow.TestHead;
import io.selvage.engine.model.HeaderMatch;
import io.selvage.engine.model.LocalRateLimit;
import io.selvage.engine.model.LocalRateLimit.Bucket;
import io.selvage.engine.model.LocalRateLimit.Descriptor;
import io.selvage.engine.model.LocalRateLimit.Entry;
import io.selvage.engine.model.LocalRateLimit.GenericKey;
import io.selvage.engine.model.LocalRateLimit.HeaderValueMatch;
import io.selvage.engine.model.LocalRateLimit.RequestHeader;
import io.selvage.engine.model.LocalRateLimit.Rule;
import io.selvage.engine.model.ManagerPolicy;
import io.selvage.engine.model.QueryMatch;
import io.selvage.engine.model.RequestLimits;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Token buckets of listeners and routes. */
class LocalRateLimitTest {
  private static LocalRateLimit limit(@Nullable Bucket bucket, Descriptor... descriptors) {
    return new LocalRateLimit(
        bucket,
        1,
        1,
        429,
        false,
        Map.of(),
        Map.of("x-limited", "yes"),
        List.of(descriptors),
        0,
        true);
  }

  private static Bucket bucket(int tokens, int seconds) {
    return new Bucket(tokens, 1, ofSeconds(seconds));
  }

  private static Config config(@Nullable LocalRateLimit filter, Config.RouteBuilder... routes) {
    return new Config()
        .listener(null, new ManagerPolicy(null, null, RequestLimits.of(filter)), routes)
        .cluster(cluster("reviews", 1));
  }

  private static int passed(MeshTest mesh, String path, int calls, String... headers) {
    int passed = 0;
    for (int i = 0; i < calls; i++) {
      TestHead head = TestHead.get("reviews", path);
      for (int h = 0; h < headers.length; h += 2) {
        head.with(headers[h], headers[h + 1]);
      }
      MeshTest.Call call = mesh.call(head);
      passed += call.sent.size();
      call.cancel();
    }
    return passed;
  }

  @Test
  void tokensComeBackEvenly() {
    MeshTest mesh = new MeshTest(config(limit(new Bucket(3, 2, ofSeconds(1))), route()));
    assertThat(passed(mesh, "/", 10)).isEqualTo(3);
    mesh.advance(ofMillis(499));
    assertThat(passed(mesh, "/", 10)).isZero();
    mesh.advance(ofMillis(1));
    assertThat(passed(mesh, "/", 10)).isEqualTo(1);
    mesh.advance(ofSeconds(60));
    assertThat(passed(mesh, "/", 10)).isEqualTo(3);
  }

  @Test
  void refusalsSayWhatTheFilterSays() {
    MeshTest mesh = new MeshTest(config(limit(bucket(1, 60)), route()));
    passed(mesh, "/", 1);
    MeshTest.Call refused = mesh.get("/");
    assertThat(refused.rejection().httpStatus()).isEqualTo(429);
    assertThat(refused.rejection().grpcStatus()).isEqualTo(14);
    assertThat(refused.rejection().flag()).isEqualTo("RL");
    assertThat(refused.rejection().body()).isEqualTo("local_rate_limited");
    assertThat(refused.rejection().headers()).containsEntry("x-limited", "yes");
  }

  @Test
  void shadowModeLetsThroughAndMarks() {
    LocalRateLimit shadow =
        new LocalRateLimit(
            bucket(1, 60), 1, 0, 429, false, Map.of("x-over", "1"), Map.of(), List.of(), 0, true);
    MeshTest mesh = new MeshTest(config(shadow, route()));
    assertThat(mesh.get("/").head().header("x-over")).isNull();
    assertThat(mesh.get("/").head().header("x-over")).isEqualTo("1");
    LocalRateLimit off =
        new LocalRateLimit(bucket(1, 60), 0, 1, 429, false, Map.of(), Map.of(), List.of(), 0, true);
    assertThat(passed(new MeshTest(config(off, route())), "/", 9)).isEqualTo(9);
  }

  @Test
  void routesLimitReplacesTheListenersWhereTheFilterIs() {
    Config.RouteBuilder own = route().prefix("/own").limited(limit(bucket(2, 60)));
    MeshTest mesh = new MeshTest(config(limit(null), own, route()));
    assertThat(passed(mesh, "/own", 9)).isEqualTo(2);
    assertThat(passed(mesh, "/", 9)).isEqualTo(9);
    MeshTest without = new MeshTest(config(null, route().limited(limit(bucket(2, 60)))));
    assertThat(passed(without, "/", 9)).isEqualTo(9);
  }

  @Test
  void descriptorsHaveBucketsOfTheirOwn() {
    LocalRateLimit limit =
        limit(
            bucket(6, 60),
            new Descriptor(List.of(new Entry("user", "jason")), bucket(2, 60)),
            new Descriptor(
                List.of(new Entry("user", "anna"), new Entry("kind", "paid")), bucket(1, 60)));
    Rule rule =
        new Rule(
            0,
            List.of(
                new RequestHeader("x-user", "user", false),
                new HeaderValueMatch(
                    "kind", "paid", true, List.of(HeaderMatch.exact("x-plan", "paid")))));
    Rule byUser = new Rule(0, List.of(new RequestHeader("x-user", "user", false)));
    Rule never = new Rule(1, List.of(new GenericKey("generic_key", "all")));
    MeshTest mesh = new MeshTest(config(limit, route().limited(null, rule, byUser, never)));
    assertThat(passed(mesh, "/", 9, "x-user", "jason")).isEqualTo(2);
    assertThat(passed(mesh, "/", 9, "x-user", "anna", "x-plan", "paid")).isEqualTo(1);
    assertThat(passed(mesh, "/", 9, "x-user", "anna")).isEqualTo(3);
  }

  @Test
  void bucketsOutlivePushesThatDoNotChangeThem() {
    Config config = config(limit(bucket(2, 60)), route());
    MeshTest mesh = new MeshTest(config);
    assertThat(passed(mesh, "/", 9)).isEqualTo(2);
    mesh.engine.publish(config(limit(bucket(2, 60)), route()).build());
    assertThat(passed(mesh, "/", 9)).isZero();
    mesh.engine.publish(config(limit(bucket(3, 60)), route()).build());
    assertThat(passed(mesh, "/", 9)).isEqualTo(3);
  }

  private static LocalRateLimit with(
      List<Rule> own, LocalRateLimit.HostRules hosts, int dynamic, Descriptor... descriptors) {
    return new LocalRateLimit(
        bucket(100, 60),
        1,
        1,
        429,
        false,
        Map.of(),
        Map.of(),
        List.of(descriptors),
        0,
        true,
        own,
        hosts,
        dynamic,
        true);
  }

  private static Descriptor entry(String key, String value, int tokens) {
    return new Descriptor(List.of(new Entry(key, value)), bucket(tokens, 60));
  }

  @Test
  void anEntryWithoutValueCountsEachValueByItself() {
    Rule byUser = new Rule(0, List.of(new RequestHeader("x-user", "user", false)));
    MeshTest mesh =
        new MeshTest(
            config(
                with(
                    List.of(byUser),
                    LocalRateLimit.HostRules.OVERRIDE,
                    2,
                    entry("user", "", 2),
                    entry("user", "jason", 3)),
                route()));
    assertThat(passed(mesh, "/", 9, "x-user", "jason")).as("his own").isEqualTo(3);
    assertThat(passed(mesh, "/", 9, "x-user", "anna")).isEqualTo(2);
    assertThat(passed(mesh, "/", 9, "x-user", "tom")).isEqualTo(2);
    assertThat(passed(mesh, "/", 9, "x-user", "anna")).as("remembered").isZero();
    // a third makes the table forget who was not seen longest
    mesh.advance(ofMillis(1));
    assertThat(passed(mesh, "/", 1, "x-user", "anna")).isZero();
    assertThat(passed(mesh, "/", 9, "x-user", "sue")).isEqualTo(2);
    assertThat(passed(mesh, "/", 1, "x-user", "anna")).isZero();
    assertThat(passed(mesh, "/", 9, "x-user", "tom")).as("forgotten").isEqualTo(2);
  }

  @Test
  void rulesOfVirtualHostsCountAsTheFilterSays() {
    Rule ofRoute = new Rule(0, List.of(new GenericKey("r", "1")));
    Rule ofHost = new Rule(0, List.of(new GenericKey("h", "1")), true);
    Descriptor[] both = {entry("r", "1", 5), entry("h", "1", 2)};
    for (LocalRateLimit.HostRules hosts : LocalRateLimit.HostRules.values()) {
      MeshTest mesh =
          new MeshTest(
              config(
                  with(List.of(), hosts, 20, both),
                  route().prefix("/both").limited(null, ofRoute, ofHost),
                  route().limited(null, ofHost)));
      assertThat(passed(mesh, "/both", 9))
          .as("both " + hosts)
          .isEqualTo(hosts == LocalRateLimit.HostRules.INCLUDE ? 2 : 5);
      int alone = passed(mesh, "/", 9);
      assertThat(alone)
          .as("alone " + hosts)
          .isEqualTo(
              switch (hosts) {
                case OVERRIDE -> 2;
                case INCLUDE -> 0;
                case IGNORE -> 9;
              });
    }
  }

  @Test
  void placesAndQueriesMakeDescriptors() {
    Rule rule =
        new Rule(
            0,
            List.of(
                new LocalRateLimit.SourceCluster(),
                new LocalRateLimit.DestinationCluster(),
                new LocalRateLimit.QueryParameter("tenant", "tenant", false),
                new LocalRateLimit.QueryValueMatch(
                    "query_match", "debug", true, List.of(new QueryMatch("debug", null)))));
    Descriptor wanted =
        new Descriptor(
            List.of(
                new Entry("source_cluster", "productpage.default"),
                new Entry("destination_cluster", "reviews"),
                new Entry("tenant", "acme"),
                new Entry("query_match", "debug")),
            bucket(1, 60));
    MeshTest mesh =
        new MeshTest(
            config(with(List.of(rule), LocalRateLimit.HostRules.OVERRIDE, 20, wanted), route()));
    assertThat(passed(mesh, "/?tenant=acme&debug", 9)).isEqualTo(1);
    assertThat(passed(mesh, "/?tenant=acme", 9)).isEqualTo(9);
    assertThat(passed(mesh, "/?tenant=other&debug", 9)).isEqualTo(9);
  }

  @Test
  void responsesTellWhatIsLeft() {
    MeshTest mesh =
        new MeshTest(config(with(List.of(), LocalRateLimit.HostRules.OVERRIDE, 20), route()));
    var head = ((Responded) Objects.requireNonNull(mesh.get("/").answers(200).outcome)).head();
    assertThat(head.header("x-ratelimit-limit")).isEqualTo("100");
    assertThat(head.header("x-ratelimit-remaining")).isEqualTo("99");
    assertThat(head.header("x-ratelimit-reset")).isEqualTo("0");
  }
}
