package io.selvage.differential;

import static io.selvage.differential.Configs.at;
import static io.selvage.differential.Configs.cluster;
import static io.selvage.differential.Configs.listener;
import static io.selvage.differential.Configs.resources;
import static io.selvage.differential.Configs.routes;
import static io.selvage.differential.Configs.to;
import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.config.route.v3.DirectResponseAction;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The two sides themselves: that each sees what the other sees, and that a difference is noticed.
 */
@ExtendWith(Differential.class)
class FirstStepsIT {
  @Test
  void aForwardedAnAnsweredAndALostRequest() throws Exception {
    try (RealEnvoy envoy = RealEnvoy.start();
        var scenario = Differential.scenario("first steps", 1)) {
      String address = envoy.address(0);
      String host = envoy.upstream().open(envoy.address(1));
      RouteConfiguration table =
          routes(
                  Route.newBuilder()
                      .setMatch(RouteMatch.newBuilder().setPath("/direct"))
                      .setDirectResponse(DirectResponseAction.newBuilder().setStatus(418)),
                  Route.newBuilder().setRoute(to("one").setPrefixRewrite("/new/")))
              .toBuilder()
              .build();
      Resources resources = resources(listener(envoy, address, table), cluster("one", host));
      assertThat(envoy.publish(resources)).isEmpty();
      EngineSide engine = EngineSide.of(resources, 1);
      List<Call> calls =
          List.of(
              Call.get(at(address), "a.example", "/x?q=1", "x-a", "1"),
              Call.get(at(address), "a.example", "/direct"),
              Call.of(at(address), "POST", "b.example:8080", "/y").withBody("text"));
      Map<String, Decision> decided = envoy.decide(calls);
      for (Call call : calls) {
        scenario.compare(table.toString(), call, decided.get(call.id()), engine.decide(call));
      }
      assertThat(decided.get(calls.get(0).id()).received().get(0).path()).isEqualTo("/new/x?q=1");
      assertThat(decided.get(calls.get(1).id()).status()).isEqualTo(418);
    }
  }

  @Test
  void refusalsOfEnvoyAreSeenAndADifferenceIsOne() throws Exception {
    try (RealEnvoy envoy = RealEnvoy.start()) {
      String address = envoy.address(0);
      RouteConfiguration twice =
          RouteConfiguration.newBuilder()
              .setName("twice")
              .addVirtualHosts(VirtualHost.newBuilder().setName("a").addDomains("*"))
              .addVirtualHosts(VirtualHost.newBuilder().setName("b").addDomains("*"))
              .build();
      Resources bad = resources(listener(envoy, address, twice));

      assertThat(envoy.publish(bad).get(Resources.LISTENER)).contains("Only a single wildcard");
      assertThat(new EngineSide(1).publish(bad).toString()).contains("twice");
      Decision one = new Decision(200, List.of(), "", List.of(), "-", "-");
      assertThat(one.differences(new Decision(200, Header.of("x", "1"), "", List.of(), "-", "-")))
          .isNotEmpty();
    }
  }
}
