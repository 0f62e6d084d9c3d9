package io.selvage.control.parse;

import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBAC;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.selvage.engine.model.AdaptiveConcurrency;
import io.selvage.engine.model.Fault;
import io.selvage.engine.model.FilterChain;
import io.selvage.engine.model.InboundChecks;
import io.selvage.engine.model.JwtAuthn;
import io.selvage.engine.model.Listener;
import io.selvage.engine.model.LocalRateLimit;
import io.selvage.engine.model.ManagerPolicy;
import io.selvage.engine.model.Observability;
import io.selvage.engine.model.PathPolicy;
import io.selvage.engine.model.RbacFilter;
import io.selvage.engine.model.RequestLimits;
import io.selvage.engine.model.RouteConfig;
import io.selvage.engine.model.SessionPersistence;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** HTTP connection managers of both directions. */
final class ManagerParser {
  private static final String RBAC_TYPE = "envoy.extensions.filters.http.rbac.v3.RBAC";
  private static final String CORS_TYPE = "envoy.extensions.filters.http.cors.v3.Cors";
  private static final String ROUTER_TYPE = "envoy.extensions.filters.http.router.v3.Router";

  private static final Duration STREAM_IDLE = Duration.ofMinutes(5);

  private ManagerParser() {}

  static Listener.Http outbound(HttpConnectionManager manager, Field f) {
    LeftOut.manager(manager, f);
    Fault fault = null;
    SessionPersistence session = null;
    LocalRateLimit limit = null;
    AdaptiveConcurrency concurrency = null;
    for (int i = 0; i < manager.getHttpFiltersCount(); i++) {
      HttpFilter filter = manager.getHttpFilters(i);
      Field at = f.at("http_filters", i);
      if (filter.getDisabled()) {
        continue;
      }
      switch (Field.typeOf(filter.getTypedConfig())) {
        case FaultParser.TYPE -> fault = fault(filter, at);
        case SessionParser.FILTER ->
            session = SessionParser.filter(filter.getTypedConfig(), at.at("typed_config"));
        case RateLimitParser.TYPE -> {
          if (limit != null) {
            at.refuse("a second local rate limit is not supported: give one filter descriptors");
          }
          limit = RateLimitParser.parse(filter.getTypedConfig(), at);
        }
        case ConcurrencyParser.TYPE ->
            concurrency = ConcurrencyParser.filter(filter.getTypedConfig(), at);
        case CORS_TYPE, ROUTER_TYPE -> {}
        default -> {
          if (!HarmlessFilters.isOne(filter.getName())) {
            at.warn("filter not supported, left out: " + filter.getName());
          }
        }
      }
    }
    return switch (manager.getRouteSpecifierCase()) {
      case RDS -> {
        if (manager.getRds().getRouteConfigName().isEmpty()) {
          f.at("rds.route_config_name").refuse("must not be empty");
        }
        yield new Listener.Http(
            manager.getRds().getRouteConfigName(),
            null,
            fault,
            observability(manager, f),
            policy(manager, new RequestLimits(limit, concurrency), f),
            paths(manager, f),
            session);
      }
      case ROUTE_CONFIG ->
          new Listener.Http(
              manager.getRouteConfig().getName(),
              RouteParser.inline(manager.getRouteConfig(), false, f.at("route_config")),
              fault,
              observability(manager, f),
              policy(manager, new RequestLimits(limit, concurrency), f),
              paths(manager, f),
              session);
      default -> {
        f.refuse("route specifier not supported: " + manager.getRouteSpecifierCase());
        yield new Listener.Http("", null, fault, Observability.DEFAULT);
      }
    };
  }

  /** Envoy: a stream of which nothing is said may be silent for five minutes. */
  private static ManagerPolicy policy(
      HttpConnectionManager manager, RequestLimits limits, Field f) {
    Duration idle =
        manager.hasStreamIdleTimeout()
            ? Values.duration(manager.getStreamIdleTimeout(), f.at("stream_idle_timeout"))
            : STREAM_IDLE;
    var common = manager.getCommonHttpProtocolOptions();
    Duration most =
        common.hasMaxStreamDuration()
            ? Values.duration(
                common.getMaxStreamDuration(),
                f.at("common_http_protocol_options.max_stream_duration"))
            : Duration.ZERO;
    return new ManagerPolicy(idle.isZero() ? null : idle, most.isZero() ? null : most, limits);
  }

  static FilterChain.InboundHttp inbound(HttpConnectionManager manager, Field f) {
    LeftOut.manager(manager, f);
    LeftOut.trust(manager, f);
    List<RbacFilter> rbac = new ArrayList<>();
    Fault fault = null;
    LocalRateLimit limit = null;
    AdaptiveConcurrency concurrency = null;
    JwtAuthn tokens = null;
    for (int i = 0; i < manager.getHttpFiltersCount(); i++) {
      HttpFilter filter = manager.getHttpFilters(i);
      Field at = f.at("http_filters", i).at("typed_config");
      if (filter.getDisabled()) {
        continue;
      }
      switch (Field.typeOf(filter.getTypedConfig())) {
        case RBAC_TYPE -> {
          RBAC config = at.unpack(filter.getTypedConfig(), RBAC_TYPE, RBAC.parser());
          if (config != null) {
            rbac.add(RbacParser.http(config, at));
          }
        }
        case JwtParser.TYPE -> {
          if (tokens != null || !rbac.isEmpty()) {
            at.refuse("only one filter for tokens is supported, before authorization");
          }
          tokens = JwtParser.parse(filter.getTypedConfig(), at);
        }
        case FaultParser.TYPE -> fault = fault(filter, at);
        case RateLimitParser.TYPE -> {
          if (limit != null) {
            at.refuse("a second local rate limit is not supported: give one filter descriptors");
          }
          limit = RateLimitParser.parse(filter.getTypedConfig(), at);
        }
        case ConcurrencyParser.TYPE ->
            concurrency = ConcurrencyParser.filter(filter.getTypedConfig(), at);
        case CORS_TYPE, ROUTER_TYPE -> {}
        default -> {
          if (!HarmlessFilters.isOne(filter.getName())) {
            at.refuse(
                "filter not supported on the way in: "
                    + filter.getName()
                    + " ("
                    + Field.typeOf(filter.getTypedConfig())
                    + ")");
          }
        }
      }
    }
    RouteConfig routes =
        new RouteConfig(
            "",
            List.of(),
            io.selvage.engine.model.HeaderOps.NONE,
            io.selvage.engine.model.HeaderOps.NONE);
    if (manager.hasRouteConfig()) {
      routes = RouteParser.inline(manager.getRouteConfig(), true, f.at("route_config"));
    } else {
      f.refuse(
          "only inline routes are supported on the way in: " + manager.getRouteSpecifierCase());
    }
    return new FilterChain.InboundHttp(
        routes,
        rbac,
        fault,
        observability(manager, f),
        new RequestLimits(limit, concurrency),
        new InboundChecks(tokens));
  }

  private static PathPolicy paths(HttpConnectionManager manager, Field f) {
    PathPolicy.EscapedSlashes slashes =
        switch (manager.getPathWithEscapedSlashesAction()) {
          case IMPLEMENTATION_SPECIFIC_DEFAULT, KEEP_UNCHANGED -> PathPolicy.EscapedSlashes.KEEP;
          case REJECT_REQUEST -> PathPolicy.EscapedSlashes.REJECT;
          case UNESCAPE_AND_FORWARD -> PathPolicy.EscapedSlashes.UNESCAPE;
          case UNESCAPE_AND_REDIRECT -> PathPolicy.EscapedSlashes.REDIRECT;
          case UNRECOGNIZED -> {
            f.at("path_with_escaped_slashes_action").refuse("unknown action");
            yield PathPolicy.EscapedSlashes.KEEP;
          }
        };
    return new PathPolicy(
        Values.flag(manager.hasNormalizePath(), manager.getNormalizePath(), false),
        manager.getMergeSlashes(),
        slashes);
  }

  private static @Nullable Fault fault(HttpFilter filter, Field f) {
    HTTPFault fault = f.unpack(filter.getTypedConfig(), FaultParser.TYPE, HTTPFault.parser());
    return fault == null ? null : FaultParser.parse(fault, f);
  }

  /**
   * Unlike Envoy, a manager that says nothing of tracing is traced: an agent's span costs no hop.
   */
  private static Observability observability(HttpConnectionManager manager, Field f) {
    if (!manager.hasTracing()) {
      return Observability.DEFAULT;
    }
    double sampled =
        manager.getTracing().hasRandomSampling()
            ? manager.getTracing().getRandomSampling().getValue() / 100
            : 1.0;
    if (!(sampled >= 0 && sampled <= 1)) {
      f.at("tracing.random_sampling").refuse("must be 0 to 100");
      sampled = 0;
    }
    return new Observability(true, sampled, true);
  }
}
