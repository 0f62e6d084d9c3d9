package io.selvage.controller.resource.validate;

import io.selvage.controller.resource.view.Destination;
import io.selvage.controller.resource.view.HeaderOperations;
import io.selvage.controller.resource.view.HttpRoute;
import io.selvage.controller.resource.view.HttpRoute.HttpMatch;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;

/** What one HTTP rule must mean; after Istio's {@code validateHTTPRoute}. */
final class HttpRouteRules {
  /** Envoy's {@code x-envoy-retry-on} and {@code x-envoy-retry-grpc-on} conditions. */
  private static final Set<String> RETRY_ON =
      Set.of(
          "5xx",
          "gateway-error",
          "reset",
          "reset-before-request",
          "connect-failure",
          "envoy-ratelimited",
          "retriable-4xx",
          "refused-stream",
          "retriable-status-codes",
          "retriable-headers",
          "http3-post-connect-failure",
          "cancelled",
          "deadline-exceeded",
          "internal",
          "resource-exhausted",
          "unavailable");

  private static final Set<String> GRPC_STATUS =
      Set.of(
          "OK",
          "CANCELLED",
          "UNKNOWN",
          "INVALID_ARGUMENT",
          "DEADLINE_EXCEEDED",
          "NOT_FOUND",
          "ALREADY_EXISTS",
          "PERMISSION_DENIED",
          "RESOURCE_EXHAUSTED",
          "FAILED_PRECONDITION",
          "ABORTED",
          "OUT_OF_RANGE",
          "UNIMPLEMENTED",
          "INTERNAL",
          "UNAVAILABLE",
          "DATA_LOSS",
          "UNAUTHENTICATED");

  private static final Set<String> METHODS =
      Set.of("*", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE");

  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

  private static final int MAX_BODY_CHARACTERS = 1 << 20;

  private final Findings findings;
  private final boolean inDelegate;

  HttpRouteRules(Findings findings, boolean inDelegate) {
    this.findings = findings;
    this.inDelegate = inDelegate;
  }

  void check(String field, HttpRoute route) {
    action(field, route);
    for (int i = 0; i < route.match().size(); i++) {
      match(field + ".match[" + i + "]", route.match().get(i));
    }
    destinations(field, route);
    answers(field, route);
    rewrite(field + ".rewrite", route);
    retries(field + ".retries", route);
    fault(field + ".fault", route);
    mirrors(field, route);
    cors(field + ".corsPolicy", route);
    headers(field + ".headers", route.headers());
  }

  /** Exactly one of destinations, redirect, fixed answer and delegate. */
  private void action(String field, HttpRoute route) {
    boolean toHosts = !route.route().isEmpty();
    HttpRoute.Delegate delegate = route.delegate();
    if (delegate != null) {
      if (inDelegate) {
        findings.forbidden(field + ".delegate", "a delegate may not delegate further");
      }
      if (delegate.name().isEmpty()) {
        findings.required(field + ".delegate.name", "name of the delegate");
      }
      if (toHosts || route.redirect() != null || route.directResponse() != null) {
        findings.forbidden(
            field + ".delegate",
            "a rule that delegates cannot contain route, redirect or directResponse");
      }
      return;
    }
    if (!toHosts && route.redirect() == null && route.directResponse() == null) {
      findings.required(
          field + ".route", "HTTP route, redirect, directResponse or delegate must be given");
    }
    if (toHosts && (route.redirect() != null || route.directResponse() != null)) {
      findings.forbidden(
          field + ".route", "HTTP route cannot contain both route and redirect or directResponse");
    }
    if (route.redirect() != null && route.directResponse() != null) {
      findings.forbidden(
          field + ".redirect", "HTTP route cannot contain both redirect and directResponse");
    }
    if (route.redirect() != null && (route.fault() != null || route.rewrite() != null)) {
      findings.forbidden(
          field + ".redirect", "HTTP route cannot contain both redirect and fault or rewrite");
    }
  }

  private void match(String field, HttpMatch match) {
    findings.stringMatch(field + ".uri", match.uri());
    findings.stringMatch(field + ".scheme", match.scheme());
    findings.stringMatch(field + ".method", match.method());
    findings.stringMatch(field + ".authority", match.authority());
    findings.stringMatches(field + ".headers", match.headers());
    findings.stringMatches(field + ".withoutHeaders", match.withoutHeaders());
    findings.stringMatches(field + ".queryParams", match.queryParams());
    match.headers().keySet().forEach(h -> findings.headerName(field + ".headers", h));
    match.withoutHeaders().keySet().forEach(h -> findings.headerName(field + ".withoutHeaders", h));
    findings.labels(field + ".sourceLabels", match.sourceLabels());
    Integer port = match.port();
    if (port != null) {
      findings.port(field + ".port", port);
    }
  }

  private void destinations(String field, HttpRoute route) {
    weights(
        findings,
        field + ".route",
        route.route().stream().map(HttpRoute.HttpDestination::weight).toList());
    for (int i = 0; i < route.route().size(); i++) {
      String item = field + ".route[" + i + "]";
      destination(findings, item + ".destination", route.route().get(i).destination());
      headers(item + ".headers", route.route().get(i).headers());
    }
  }

  static void weights(Findings findings, String field, List<Integer> weights) {
    long sum = 0;
    for (int i = 0; i < weights.size(); i++) {
      findings.notNegative(field + "[" + i + "].weight", weights.get(i));
      sum += Math.max(0, weights.get(i));
    }
    if (weights.size() > 1 && sum == 0) {
      findings.invalid(field, "total destination weight = 0");
    }
    // Envoy refuses a sum that does not fit into 32 bits
    if (sum > 0xFFFF_FFFFL) {
      findings.invalid(field, "total destination weight " + sum + " exceeds 4294967295");
    }
  }

  static void destination(Findings findings, String field, Destination destination) {
    if (destination.host().equals("*")) {
      findings.invalid(field + ".host", "invalid destination host *");
    } else {
      findings.host(field + ".host", destination.host(), false);
    }
    if (!destination.subset().isEmpty()) {
      findings.dnsLabel(field + ".subset", destination.subset());
    }
    if (destination.port() != 0) {
      findings.port(field + ".port.number", destination.port());
    }
  }

  private void answers(String field, HttpRoute route) {
    HttpRoute.Redirect redirect = route.redirect();
    if (redirect != null) {
      String at = field + ".redirect";
      boolean nothing =
          redirect.uri().isEmpty()
              && redirect.prefixRewrite().isEmpty()
              && redirect.authority().isEmpty()
              && redirect.scheme().isEmpty()
              && redirect.port() == null
              && redirect.derivePort() == null;
      if (nothing) {
        findings.required(at, "redirect must specify URI, authority, scheme, or port");
      }
      if (!REDIRECTS.contains(redirect.redirectCode())) {
        findings.invalid(
            at + ".redirectCode",
            redirect.redirectCode() + ": must be 301, 302, 303, 307 or 308, all that Envoy sends");
      }
      Integer port = redirect.port();
      if (port != null) {
        findings.port(at + ".port", port);
      }
      if (!redirect.scheme().isEmpty() && !redirect.scheme().matches("https?")) {
        findings.invalid(at + ".scheme", "\"" + redirect.scheme() + "\": must be http or https");
      }
      if (!redirect.uri().isEmpty() && !redirect.prefixRewrite().isEmpty()) {
        findings.forbidden(at + ".prefixRewrite", "only one of uri and prefixRewrite");
      }
    }
    HttpRoute.DirectResponse direct = route.directResponse();
    if (direct != null) {
      String at = field + ".directResponse";
      httpStatus(at + ".status", direct.status());
      String body = direct.bodyString() != null ? direct.bodyString() : direct.bodyBytes();
      if (body != null && body.length() > MAX_BODY_CHARACTERS) {
        findings.invalid(at + ".body", "larger than " + MAX_BODY_CHARACTERS + " bytes");
      }
    }
  }

  private void httpStatus(String field, int status) {
    if (status < 200 || status > 599) {
      findings.invalid(field, status + ": HTTP status must be between 200 and 599");
    }
  }

  private void rewrite(String field, HttpRoute route) {
    HttpRoute.Rewrite rewrite = route.rewrite();
    if (rewrite == null) {
      return;
    }
    HttpRoute.RegexRewrite regex = rewrite.uriRegexRewrite();
    if (rewrite.uri().isEmpty() && rewrite.authority().isEmpty() && regex == null) {
      findings.required(field, "rewrite must specify URI, UriRegexRewrite, or authority");
    }
    if (regex != null) {
      if (!rewrite.uri().isEmpty()) {
        findings.forbidden(field + ".uriRegexRewrite", "only one of uri and uriRegexRewrite");
      }
      if (regex.match().isEmpty() || regex.rewrite().isEmpty()) {
        findings.required(field + ".uriRegexRewrite", "both match and rewrite");
      }
      findings.regex(field + ".uriRegexRewrite.match", regex.match());
    }
  }

  private void retries(String field, HttpRoute route) {
    HttpRoute.Retries retries = route.retries();
    if (retries == null) {
      return;
    }
    findings.notNegative(field + ".attempts", retries.attempts());
    boolean more = retries.perTryTimeout() != null || !retries.retryOn().isEmpty();
    if (retries.attempts() == 0 && (more || retries.retryRemoteLocalities() != null)) {
      findings.invalid(
          field + ".attempts",
          "http retry policy configured when attempts are set to 0 (disabled)");
    }
    if (!retries.retryOn().isEmpty()) {
      for (String condition : retries.retryOn().split(",")) {
        retryOn(field + ".retryOn", condition.trim());
      }
    }
  }

  private void retryOn(String field, String condition) {
    if (condition.matches("\\d{3}")) {
      httpStatus(field, Integer.parseInt(condition));
    } else if (!RETRY_ON.contains(condition.toLowerCase(Locale.ROOT))) {
      findings.invalid(
          field,
          "\""
              + condition
              + "\" is not a retry condition; known: "
              + String.join(", ", RETRY_ON.stream().sorted().toList())
              + ", or a status code");
    }
  }

  private void fault(String field, HttpRoute route) {
    HttpRoute.Fault fault = route.fault();
    if (fault == null) {
      return;
    }
    HttpRoute.Delay delay = fault.delay();
    HttpRoute.Abort abort = fault.abort();
    if (delay == null && abort == null) {
      findings.required(field, "fault must have an abort or a delay");
    }
    if (delay != null) {
      findings.percentage(field + ".delay.percentage", delay.percentage());
      if (delay.exponentialDelay() != null) {
        findings.invalid(
            field + ".delay.exponentialDelay", "exponentialDelay not supported; use fixedDelay");
      } else if (delay.fixedDelay() == null) {
        findings.required(field + ".delay.fixedDelay", "a duration");
      }
    }
    if (abort != null) {
      abort(field + ".abort", abort);
    }
  }

  private void abort(String field, HttpRoute.Abort abort) {
    findings.percentage(field + ".percentage", abort.percentage());
    Integer status = abort.httpStatus();
    if (!abort.http2Error().isEmpty()) {
      findings.invalid(field + ".http2Error", "HTTP/2 abort fault injection not supported");
    } else if (status != null) {
      httpStatus(field + ".httpStatus", status);
    } else if (abort.grpcStatus().isEmpty()) {
      findings.required(field, "httpStatus or grpcStatus");
    } else if (!GRPC_STATUS.contains(abort.grpcStatus()) && !grpcNumber(abort.grpcStatus())) {
      findings.invalid(
          field + ".grpcStatus", "\"" + abort.grpcStatus() + "\" is not a supported gRPC status");
    }
  }

  private static boolean grpcNumber(String status) {
    return IntStream.rangeClosed(0, 16).anyMatch(n -> Integer.toString(n).equals(status));
  }

  private void mirrors(String field, HttpRoute route) {
    boolean both =
        !route.mirrors().isEmpty() && route.route().isEmpty() && route.delegate() == null;
    if (both && route.redirect() == null && route.directResponse() == null) {
      findings.invalid(field + ".mirror", "only a rule with destinations can be mirrored");
    }
    for (int i = 0; i < route.mirrors().size(); i++) {
      HttpRoute.Mirror mirror = route.mirrors().get(i);
      String at = field + (route.mirrors().size() == 1 ? ".mirror" : ".mirrors[" + i + "]");
      findings.percentage(at + ".percentage", mirror.percentage());
      destination(findings, at, mirror.destination());
    }
  }

  private void cors(String field, HttpRoute route) {
    HttpRoute.CorsPolicy cors = route.corsPolicy();
    if (cors == null) {
      return;
    }
    for (int i = 0; i < cors.allowOrigins().size(); i++) {
      findings.stringMatch(field + ".allowOrigins[" + i + "]", cors.allowOrigins().get(i));
    }
    for (int i = 0; i < cors.allowMethods().size(); i++) {
      String method = cors.allowMethods().get(i);
      if (!METHODS.contains(method)) {
        findings.invalid(
            field + ".allowMethods[" + i + "]", "\"" + method + "\" is not an HTTP method");
      }
    }
    cors.allowHeaders().stream()
        .filter(h -> !h.equals("*"))
        .forEach(h -> findings.headerName(field + ".allowHeaders", h));
    cors.exposeHeaders().stream()
        .filter(h -> !h.equals("*"))
        .forEach(h -> findings.headerName(field + ".exposeHeaders", h));
  }

  private void headers(String field, HeaderOperations headers) {
    operations(field + ".request", headers.request());
    operations(field + ".response", headers.response());
  }

  private void operations(String field, HeaderOperations.Operations operations) {
    operations.set().keySet().forEach(h -> mutable(field + ".set", h));
    operations.add().keySet().forEach(h -> mutable(field + ".add", h));
    operations.remove().forEach(h -> mutable(field + ".remove", h));
  }

  private void mutable(String field, String name) {
    findings.headerName(field, name);
    String lower = name.toLowerCase(Locale.ROOT);
    // Envoy lets host and :authority be set, and no other pseudo header be touched
    if (lower.startsWith(":") && !(lower.equals(":authority") && field.endsWith(".set"))) {
      findings.forbidden(field, "pseudo header \"" + name + "\" cannot be changed");
    }
  }
}
