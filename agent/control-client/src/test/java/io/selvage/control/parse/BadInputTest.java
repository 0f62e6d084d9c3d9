package io.selvage.control.parse;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Duration;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.config.route.v3.WeightedCluster;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What another control plane may send: refused by path, in the words of our own API. */
class BadInputTest {
  private static final String ROUTE = "virtual_hosts[0].routes[0]";

  private static Parsed<io.selvage.engine.model.RouteConfig> parsed(Route.Builder route) {
    if (!route.hasMatch()) {
      route.setMatch(RouteMatch.newBuilder().setPrefix("/"));
    }
    return RouteParser.parse(
        RouteConfiguration.newBuilder()
            .setName("r")
            .addVirtualHosts(VirtualHost.newBuilder().setName("h").addDomains("*").addRoutes(route))
            .build());
  }

  private static List<String> reasons(Route.Builder route) {
    return parsed(route).reasons();
  }

  private static RouteAction.Builder to(String cluster) {
    return RouteAction.newBuilder().setCluster(cluster);
  }

  private static Route.Builder matching(String regex) {
    return Route.newBuilder()
        .setMatch(RouteMatch.newBuilder().setSafeRegex(RegexMatcher.newBuilder().setRegex(regex)))
        .setRoute(to("c"));
  }

  @Test
  void regexThatIsInvalid() {
    assertThat(reasons(matching("a(")))
        .singleElement()
        .asString()
        .startsWith(ROUTE + ".match.safe_regex.regex: not an RE2 expression: ");
    assertThat(
            reasons(
                Route.newBuilder()
                    .setMatch(
                        RouteMatch.newBuilder()
                            .setPrefix("/")
                            .addHeaders(
                                HeaderMatcher.newBuilder()
                                    .setName("x")
                                    .setStringMatch(
                                        StringMatcher.newBuilder()
                                            .setSafeRegex(
                                                RegexMatcher.newBuilder().setRegex("(?=x)")))))
                    .setRoute(to("c"))))
        .singleElement()
        .asString()
        .startsWith(ROUTE + ".match.headers[0]")
        .contains("not an RE2 expression: ");
  }

  @Test
  void regexThatIsTooLarge() {
    assertThat(reasons(matching("a".repeat(4097))))
        .containsExactly(ROUTE + ".match.safe_regex.regex: longer than 4096 characters");
    assertThat(reasons(matching("((a{100}){100}){10}")))
        .singleElement()
        .asString()
        .startsWith(ROUTE + ".match.safe_regex.regex: ")
        .matches(".*(too complex; its program has more than 10000 steps|not an RE2 expression).*");
  }

  private static Route.Builder weighted(int... weights) {
    WeightedCluster.Builder clusters = WeightedCluster.newBuilder();
    for (int weight : weights) {
      clusters.addClusters(
          WeightedCluster.ClusterWeight.newBuilder()
              .setName("c" + weight)
              .setWeight(UInt32Value.of(weight)));
    }
    return Route.newBuilder().setRoute(RouteAction.newBuilder().setWeightedClusters(clusters));
  }

  @Test
  void weightsThatDoNotAddUp() {
    assertThat(reasons(weighted(0, 0)))
        .containsExactly(ROUTE + ".route.weighted_clusters: total destination weight = 0");
    assertThat(reasons(weighted(-1, 1)))
        .containsExactly(
            ROUTE
                + ".route.weighted_clusters: total destination weight 4294967296 exceeds 4294967295");
    assertThat(reasons(weighted(1, 99))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"-1,0,-1s", "0,-5,0s and -5ns", "315576000001,0,315576000001s"})
  void durationThatIsOutOfRange(long seconds, int nanos, String text) {
    Duration bad = Duration.newBuilder().setSeconds(seconds).setNanos(nanos).build();
    assertThat(reasons(Route.newBuilder().setRoute(to("c").setTimeout(bad))))
        .singleElement()
        .asString()
        .startsWith(ROUTE + ".route.timeout: \"" + text + "\": must");
    assertThat(
            reasons(
                Route.newBuilder()
                    .setRoute(
                        to("c").setRetryPolicy(RetryPolicy.newBuilder().setPerTryTimeout(bad)))))
        .singleElement()
        .asString()
        .contains("per_try_timeout: \"" + text + "\": must");
    assertThat(
            ClusterParser.parse(Cluster.newBuilder().setName("c").setConnectTimeout(bad).build())
                .reasons())
        .singleElement()
        .asString()
        .startsWith("connect_timeout: \"" + text + "\": must");
  }

  @Test
  void hostThatIsNone() {
    assertThat(reasons(Route.newBuilder().setRoute(to(""))))
        .containsExactly(ROUTE + ".route.cluster: must not be empty");
    assertThat(
            RouteParser.parse(
                    RouteConfiguration.newBuilder()
                        .addVirtualHosts(VirtualHost.newBuilder().setName("h").addDomains("a*b*"))
                        .build())
                .reasons())
        .singleElement()
        .asString()
        .contains("domains: not a domain: 'a*b*'");
  }

  @Test
  void hashByStateThatNobodyKeeps() {
    assertThat(
            reasons(
                Route.newBuilder()
                    .setRoute(
                        to("c")
                            .addHashPolicy(
                                RouteAction.HashPolicy.newBuilder()
                                    .setFilterState(
                                        RouteAction.HashPolicy.FilterState.newBuilder()
                                            .setKey("k"))))))
        .containsExactly(
            ROUTE + ".route.hash_policy[0].filter_state: not supported: there is no such state");
    assertThat(
            reasons(
                Route.newBuilder()
                    .setRoute(to("c").addHashPolicy(RouteAction.HashPolicy.getDefaultInstance()))))
        .containsExactly(ROUTE + ".route.hash_policy[0]: no policy that this agent knows");
  }

  @Test
  void whatIsLeftOutIsNamed() {
    assertThat(
            ClusterParser.parse(
                    Cluster.newBuilder()
                        .setName("c")
                        .setType(Cluster.DiscoveryType.STRICT_DNS)
                        .setRespectDnsTtl(true)
                        .setPreconnectPolicy(Cluster.PreconnectPolicy.getDefaultInstance())
                        .build())
                .warnings())
        .anyMatch(w -> w.startsWith("respect_dns_ttl: no effect: the JVM's resolver"))
        .contains("preconnect_policy: not supported, left out");
    assertThat(
            parsed(
                    Route.newBuilder()
                        .setRoute(
                            to("c")
                                .setClusterNotFoundResponseCode(
                                    RouteAction.ClusterNotFoundResponseCode.NOT_FOUND)
                                .addUpgradeConfigs(
                                    RouteAction.UpgradeConfig.newBuilder()
                                        .setUpgradeType("other"))))
                .warnings())
        .containsExactlyInAnyOrder(
            ROUTE + ".route.upgrade_configs[0].upgrade_type: other: not supported, left out");
  }
}
