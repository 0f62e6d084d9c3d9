package io.selvage.differential;

import static io.selvage.differential.Configs.at;
import static io.selvage.differential.Configs.filter;
import static io.selvage.differential.Configs.to;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.MessageLite;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.http.stateful_session.v3.StatefulSession;
import io.envoyproxy.envoy.extensions.filters.http.stateful_session.v3.StatefulSessionPerRoute;
import io.envoyproxy.envoy.extensions.http.stateful_session.cookie.v3.CookieBasedSessionState;
import io.envoyproxy.envoy.extensions.http.stateful_session.header.v3.HeaderBasedSessionState;
import io.envoyproxy.envoy.type.http.v3.Cookie;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Sessions that name their endpoint. New sessions go where a hash says, so that both sides name the
 * same one.
 */
@ExtendWith(Differential.class)
class SessionsIT {
  private static final String FILTER = "envoy.filters.http.stateful_session";

  private static StatefulSession session(MessageLite state, boolean strict) {
    return StatefulSession.newBuilder()
        .setSessionState(
            TypedExtensionConfig.newBuilder()
                .setName(
                    state instanceof CookieBasedSessionState
                        ? "envoy.http.stateful_session.cookie"
                        : "envoy.http.stateful_session.header")
                .setTypedConfig(Configs.any(state)))
        .setStrict(strict)
        .build();
  }

  private static CookieBasedSessionState cookie(String name, String path) {
    return CookieBasedSessionState.newBuilder()
        .setCookie(Cookie.newBuilder().setName(name).setPath(path))
        .build();
  }

  private static Route.Builder route(String prefix, StatefulSessionPerRoute.Builder perRoute) {
    Route.Builder route =
        Route.newBuilder()
            .setMatch(RouteMatch.newBuilder().setPrefix(prefix))
            .setRoute(
                to("one")
                    .setPrefixRewrite("/rewritten")
                    .addHashPolicy(
                        RouteAction.HashPolicy.newBuilder()
                            .setHeader(
                                RouteAction.HashPolicy.Header.newBuilder()
                                    .setHeaderName("x-key"))));
    return perRoute == null
        ? route
        : route.putTypedPerFilterConfig(FILTER, Configs.any(perRoute.build()));
  }

  private static StatefulSessionPerRoute.Builder own(StatefulSession session) {
    return StatefulSessionPerRoute.newBuilder().setStatefulSession(session);
  }

  @Test
  void cookiesAndHeaders() throws Exception {
    try (RealEnvoy envoy = RealEnvoy.start();
        var scenario = Differential.scenario("sessions", 8)) {
      HealthStatus[] health = {
        HealthStatus.HEALTHY,
        HealthStatus.HEALTHY,
        HealthStatus.DEGRADED,
        HealthStatus.DRAINING,
        HealthStatus.UNHEALTHY
      };
      HostSet hosts = new HostSet("one").group("z", 0, 1);
      List<String> names = new ArrayList<>(List.of("127.9.9.9:1", "nonsense", ""));
      for (int i = 0; i < health.length; i++) {
        String host = envoy.upstream().open(envoy.address(10 + i));
        hosts.host(host, 1, health[i]);
        names.add(host);
      }
      HeaderBasedSessionState header =
          HeaderBasedSessionState.newBuilder().setName("X-Session").build();
      RouteConfiguration routes =
          Configs.routes(
              route("/off/", StatefulSessionPerRoute.newBuilder().setDisabled(true)),
              route("/strict/", own(session(cookie("s", "/"), true))),
              route("/below/", own(session(cookie("s", "/below/a"), false))),
              route("/header/", own(session(header, false))),
              route("/strict-header/", own(session(header, true))),
              route("/", null));
      String address = envoy.address(0);
      var manager =
          Configs.manager(envoy, routes)
              .clearHttpFilters()
              .addHttpFilters(filter(FILTER, session(cookie("s", ""), false)))
              .addHttpFilters(filter("envoy.filters.http.router", Router.getDefaultInstance()));
      Resources resources =
          new Resources(
              List.of(Configs.listener(address, manager.build())),
              List.of(),
              List.of(HostSet.cluster("one").setLbPolicy(Cluster.LbPolicy.MAGLEV).build()),
              List.of(hosts.build()));
      assertThat(envoy.publish(resources)).isEmpty();
      EngineSide engine = EngineSide.of(resources, 8);
      List<Call> calls = new ArrayList<>();
      int n = 0;
      for (String path :
          List.of(
              "/x",
              "/off/",
              "/strict/",
              "/below/a",
              "/below/a/b?c",
              "/below/ab",
              "/header/",
              "/strict-header/")) {
        for (String name : names) {
          for (String value : List.of(message(name), base64(name), name)) {
            calls.add(
                Call.get(
                    at(address),
                    "a.example",
                    path,
                    "x-key",
                    "k" + n++,
                    "cookie",
                    "a=b; s=" + value,
                    "x-session",
                    value));
          }
        }
        calls.add(Call.get(at(address), "a.example", path, "x-key", "k" + n++));
        calls.add(
            Call.get(
                at(address),
                "a.example",
                path,
                "x-key",
                "k" + n++,
                "cookie",
                "s=\"" + message(names.get(4)) + "\""));
      }
      Map<String, Decision> decided = envoy.decide(calls);
      for (Call call : calls) {
        scenario.compare(hosts + "\n" + routes, call, decided.get(call.id()), engine.decide(call));
      }
    }
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Envoy's message of a cookie that is never void. */
  private static String message(String address) {
    return base64("\n" + (char) address.length() + address);
  }
}
