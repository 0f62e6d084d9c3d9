package io.selvage.controller.resource.view;

import io.selvage.controller.resource.Checked;
import io.selvage.controller.resource.Kinds;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.Violation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code gateway.networking.k8s.io} HTTPRoute or GRPCRoute, which differ in their matches alone.
 *
 * @param hostnames without effect on a Service parent
 * @param useDefaultGateways empty, {@code All} or {@code None}
 */
public record MeshRoute(
    Resource source,
    List<ParentRef> parentRefs,
    List<String> hostnames,
    String useDefaultGateways,
    List<Rule> rules) {

  /** Reads the document; unknown fields are not looked at (the schema refuses them). */
  public static Checked<MeshRoute> parse(Resource resource) {
    List<Violation> violations = new ArrayList<>();
    Fields f = new Fields(resource.spec(), "spec", violations);
    boolean grpc = resource.kind().equals(Kinds.GRPC_ROUTE);
    List<Rule> rules = f.list("rules", rule -> Rule.parse(rule, grpc));
    MeshRoute value =
        new MeshRoute(
            resource,
            f.list("parentRefs", ParentRef::parse),
            f.texts("hostnames"),
            f.text("useDefaultGateways"),
            // upstream's default: one rule for every request
            rules.isEmpty() && !f.has("rules") ? List.of(Rule.EVERYTHING) : rules);
    return Checked.of(value, violations);
  }

  /** Whether it is a GRPCRoute. */
  public boolean grpc() {
    return source.kind().equals(Kinds.GRPC_ROUTE);
  }

  /**
   * One rule.
   *
   * @param name empty if not given
   * @param matches alternatives; empty matches every request
   */
  public record Rule(
      String name,
      List<Match> matches,
      List<RouteFilter> filters,
      List<BackendRef> backendRefs,
      @Nullable Timeouts timeouts,
      @Nullable Retry retry,
      @Nullable SessionPersistence sessionPersistence) {
    static final Rule EVERYTHING = new Rule("", List.of(), List.of(), List.of(), null, null, null);

    static Rule parse(Fields f, boolean grpc) {
      return new Rule(
          f.text("name"),
          f.list("matches", grpc ? Match::parseGrpc : Match::parse),
          f.list("filters", RouteFilter::parse),
          f.list("backendRefs", BackendRef::parse),
          f.message("timeouts", Timeouts::parse),
          f.message("retry", Retry::parse),
          f.message("sessionPersistence", SessionPersistence::parse));
    }
  }

  /**
   * Condition on a request; all parts hold.
   *
   * @param path null in a GRPCRoute
   * @param method HTTP method; empty matches any
   * @param call null in an HTTPRoute, and where any call matches
   */
  public record Match(
      @Nullable Path path,
      List<Named> headers,
      List<Named> queryParams,
      String method,
      @Nullable Call call) {
    static Match parse(Fields f) {
      return new Match(
          Path.parse(f.object("path")),
          f.list("headers", Named::parse),
          f.list("queryParams", Named::parse),
          f.text("method"),
          null);
    }

    static Match parseGrpc(Fields f) {
      return new Match(
          null, f.list("headers", Named::parse), List.of(), "", f.message("method", Call::parse));
    }
  }

  /** How a path is compared: {@code Exact}, {@code PathPrefix} or {@code RegularExpression}. */
  public record Path(Type type, String value) {
    /** Ways to compare, the most specific first. */
    public enum Type {
      EXACT,
      REGEX,
      PREFIX
    }

    static Path parse(Fields f) {
      Type type =
          switch (f.text("type")) {
            case "Exact" -> Type.EXACT;
            case "RegularExpression" -> Type.REGEX;
            default -> Type.PREFIX;
          };
      return new Path(type, f.has("value") ? f.text("value") : "/");
    }
  }

  /** A named value: compared as a whole, or by an RE2 expression for the whole. */
  public record Named(String name, String value, boolean regex) {
    static Named parse(Fields f) {
      return new Named(f.text("name"), f.text("value"), f.text("type").equals("RegularExpression"));
    }
  }

  /** Service and method of a gRPC call; empty matches any. */
  public record Call(String service, String method, boolean regex) {
    static Call parse(Fields f) {
      return new Call(
          f.text("service"), f.text("method"), f.text("type").equals("RegularExpression"));
    }
  }

  /** Limits; null if not given, zero switches one off. */
  public record Timeouts(@Nullable Duration request, @Nullable Duration backendRequest) {
    static Timeouts parse(Fields f) {
      return new Timeouts(f.durationOrNull("request"), f.durationOrNull("backendRequest"));
    }
  }

  /** Repetition; attempts and backoff are null if not given. */
  public record Retry(List<Integer> codes, @Nullable Integer attempts, @Nullable Duration backoff) {
    static Retry parse(Fields f) {
      return new Retry(f.numbers("codes"), f.numberOrNull("attempts"), f.durationOrNull("backoff"));
    }
  }
}
