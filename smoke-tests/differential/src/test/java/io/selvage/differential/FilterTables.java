package io.selvage.differential;

import com.google.protobuf.BoolValue;
import com.google.protobuf.Duration;
import io.envoyproxy.envoy.config.core.v3.RuntimeFractionalPercent;
import io.envoyproxy.envoy.config.route.v3.DirectResponseAction;
import io.envoyproxy.envoy.config.route.v3.FilterConfig;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.filters.common.fault.v3.FaultDelay;
import io.envoyproxy.envoy.extensions.filters.http.cors.v3.CorsPolicy;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.FaultAbort;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import java.util.ArrayList;
import java.util.List;

/** Makes tables from a seed whose routes, hosts and listeners carry faults and CORS rules. */
final class FilterTables {
  private static final String FAULT = "envoy.filters.http.fault";
  private static final String CORS = "envoy.filters.http.cors";
  private static final String[] ORIGINS = {
    "https://a.example", "https://b.example", "http://x.a.example", "null", "*", ""
  };

  private final Dice dice;

  FilterTables(long seed) {
    dice = new Dice(seed);
  }

  RouteConfiguration table() {
    RouteConfiguration.Builder table = RouteConfiguration.newBuilder().setName("differential");
    table.setValidateClusters(BoolValue.of(false));
    if (dice.percent(15)) {
      table.putTypedPerFilterConfig(FAULT, Configs.any(fault()));
    }
    if (dice.percent(15)) {
      table.putTypedPerFilterConfig(CORS, Configs.any(cors()));
    }
    VirtualHost.Builder host = VirtualHost.newBuilder().setName("all").addDomains("a.example");
    if (dice.percent(25)) {
      host.putTypedPerFilterConfig(FAULT, Configs.any(fault()));
    }
    if (dice.percent(25)) {
      host.putTypedPerFilterConfig(CORS, Configs.any(cors()));
    }
    for (int i = 0; i < 4; i++) {
      host.addRoutes(route(i));
    }
    return table.addVirtualHosts(host).build();
  }

  private Route.Builder route(int number) {
    Route.Builder route =
        Route.newBuilder()
            .setName("r" + number)
            .setMatch(RouteMatch.newBuilder().setPrefix("/" + number));
    if (number == 3) {
      route.setDirectResponse(DirectResponseAction.newBuilder().setStatus(299));
    } else {
      route.setRoute(Configs.to(number == 2 ? "missing" : "c0"));
    }
    if (dice.percent(60)) {
      route.putTypedPerFilterConfig(
          FAULT,
          dice.percent(10)
              ? Configs.any(FilterConfig.newBuilder().setDisabled(true).build())
              : Configs.any(fault()));
    }
    if (dice.percent(60)) {
      route.putTypedPerFilterConfig(
          CORS,
          dice.percent(10)
              ? Configs.any(FilterConfig.newBuilder().setDisabled(true).build())
              : Configs.any(cors()));
    }
    return route;
  }

  HTTPFault fault() {
    HTTPFault.Builder fault = HTTPFault.newBuilder();
    if (dice.percent(40)) {
      FaultDelay.Builder delay = FaultDelay.newBuilder().setPercentage(certain());
      if (dice.percent(50)) {
        delay.setFixedDelay(Duration.newBuilder().setNanos(2_000_000));
      } else {
        delay.setHeaderDelay(FaultDelay.HeaderDelay.getDefaultInstance());
      }
      fault.setDelay(delay);
    }
    if (dice.percent(60)) {
      FaultAbort.Builder abort = FaultAbort.newBuilder().setPercentage(certain());
      switch (dice.below(3)) {
        case 0 -> abort.setHttpStatus(Integer.parseInt(dice.of("200", "418", "503", "599")));
        case 1 -> abort.setGrpcStatus(dice.below(18));
        default -> abort.setHeaderAbort(FaultAbort.HeaderAbort.getDefaultInstance());
      }
      fault.setAbort(abort);
    }
    if (dice.percent(25)) {
      fault.addHeaders(
          HeaderMatcher.newBuilder()
              .setName("x-a")
              .setStringMatch(StringMatcher.newBuilder().setPrefix("o"))
              .setInvertMatch(dice.percent(40)));
    }
    if (dice.percent(10)) {
      fault.setUpstreamCluster(dice.of("c0", "c1"));
    }
    return fault.build();
  }

  /** Always or never: chance has no place here. */
  private FractionalPercent.Builder certain() {
    return FractionalPercent.newBuilder().setNumerator(dice.percent(80) ? 100 : 0);
  }

  private CorsPolicy cors() {
    CorsPolicy.Builder cors = CorsPolicy.newBuilder();
    if (dice.percent(80)) {
      cors.addAllowOriginStringMatch(origin());
      if (dice.percent(30)) {
        cors.addAllowOriginStringMatch(origin());
      }
    }
    if (dice.percent(50)) {
      cors.setAllowMethods(dice.of("GET,POST", "GET, PUT", "*"));
    }
    if (dice.percent(50)) {
      cors.setAllowHeaders(dice.of("x-a,x-b", "x-a", "*"));
    }
    if (dice.percent(50)) {
      cors.setExposeHeaders(dice.of("x-up", "x-up, x-old", "*"));
    }
    if (dice.percent(40)) {
      cors.setMaxAge(dice.of("600", "0"));
    }
    if (dice.percent(40)) {
      cors.setAllowCredentials(BoolValue.of(dice.percent(70)));
    }
    if (dice.percent(40)) {
      cors.setForwardNotMatchingPreflights(BoolValue.of(dice.percent(40)));
    }
    if (dice.percent(30)) {
      cors.setAllowPrivateNetworkAccess(BoolValue.of(dice.percent(70)));
    }
    if (dice.percent(15)) {
      cors.setFilterEnabled(RuntimeFractionalPercent.newBuilder().setDefaultValue(certain()));
    }
    return cors.build();
  }

  private StringMatcher.Builder origin() {
    StringMatcher.Builder origin = StringMatcher.newBuilder();
    return switch (dice.below(4)) {
      case 0 -> origin.setExact(dice.of("https://a.example", "*"));
      case 1 -> origin.setSuffix("a.example");
      case 2 -> origin.setPrefix("https://").setIgnoreCase(true);
      default -> origin.setSafeRegex(RegexMatcher.newBuilder().setRegex("https?://.*[.]example"));
    };
  }

  List<Call> calls(String listener, int count) {
    List<Call> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      all.add(call(listener));
    }
    return all;
  }

  private Call call(String listener) {
    List<Header> headers = new ArrayList<>();
    maybe(headers, 40, "x-a", "one", "two");
    maybe(headers, 60, "origin", ORIGINS);
    maybe(headers, 40, "x-envoy-fault-delay-request", "2", "0", "x", "-1");
    maybe(headers, 10, "x-envoy-fault-delay-request-percentage", "0", "100", "200", "x");
    maybe(headers, 40, "x-envoy-fault-abort-request", "418", "503", "600", "100", "x", "200");
    maybe(headers, 10, "x-envoy-fault-abort-request-percentage", "0", "100", "200", "x");
    maybe(headers, 20, "x-envoy-fault-abort-grpc-request", "0", "5", "14", "99", "x");
    String method = dice.of("GET", "POST", "OPTIONS", "OPTIONS");
    if (method.equals("OPTIONS")) {
      maybe(headers, 80, "access-control-request-method", "GET", "PUT", "");
      maybe(headers, 50, "access-control-request-headers", "x-a", "x-b, x-c");
      maybe(headers, 40, "access-control-request-private-network", "true", "false");
    }
    if (method.equals("POST")) {
      maybe(headers, 30, "content-type", "application/grpc");
    }
    String authority = dice.percent(92) ? "a.example" : "b.example";
    return Call.of(listener, method, authority, "/" + dice.below(5) + "/x", headers);
  }

  private void maybe(List<Header> headers, int percent, String name, String... values) {
    if (dice.percent(percent)) {
      headers.add(new Header(name, dice.of(values)));
    }
  }

  boolean percent(int share) {
    return dice.percent(share);
  }
}
