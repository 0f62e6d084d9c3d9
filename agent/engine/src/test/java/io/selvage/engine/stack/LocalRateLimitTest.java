package io.selvage.engine.stack;

import static io.selvage.engine.stack.Config.cluster;
import static io.selvage.engine.stack.Config.route;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

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
import io.selvage.engine.model.RequestLimits;
import java.util.List;
import java.util.Map;
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
}
