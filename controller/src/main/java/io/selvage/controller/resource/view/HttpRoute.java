package io.selvage.controller.resource.view;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP rule of a VirtualService.
 *
 * @param match alternatives; empty matches every request
 * @param timeout null if not given (Istio: no timeout); zero switches it off
 * @param retries null if not given (Istio: its default policy)
 * @param mirrors {@code mirror} with its percentage and {@code mirrors} in one list
 */
public record HttpRoute(
    String name,
    List<HttpMatch> match,
    List<HttpDestination> route,
    @Nullable Redirect redirect,
    @Nullable DirectResponse directResponse,
    @Nullable Delegate delegate,
    @Nullable Rewrite rewrite,
    @Nullable Duration timeout,
    @Nullable Retries retries,
    @Nullable Fault fault,
    List<Mirror> mirrors,
    @Nullable CorsPolicy corsPolicy,
    HeaderOperations headers) {

  static HttpRoute parse(Fields f) {
    return new HttpRoute(
        f.text("name"),
        f.list("match", HttpMatch::parse),
        f.list("route", HttpDestination::parse),
        f.message("redirect", Redirect::parse),
        f.message("directResponse", DirectResponse::parse),
        f.message("delegate", Delegate::parse),
        f.message("rewrite", Rewrite::parse),
        f.durationOrNull("timeout"),
        f.message("retries", Retries::parse),
        f.message("fault", Fault::parse),
        Mirror.parseAll(f),
        f.message("corsPolicy", CorsPolicy::parse),
        HeaderOperations.parse(f.object("headers")));
  }

  /**
   * Condition on a request; all given parts must hold.
   *
   * @param port null matches any
   */
  public record HttpMatch(
      String name,
      @Nullable StringMatch uri,
      @Nullable StringMatch scheme,
      @Nullable StringMatch method,
      @Nullable StringMatch authority,
      Map<String, StringMatch> headers,
      Map<String, StringMatch> withoutHeaders,
      Map<String, StringMatch> queryParams,
      @Nullable Integer port,
      Map<String, String> sourceLabels,
      String sourceNamespace,
      List<String> gateways,
      boolean ignoreUriCase,
      String statPrefix) {
    static HttpMatch parse(Fields f) {
      return new HttpMatch(
          f.text("name"),
          f.message("uri", StringMatch::parse),
          f.message("scheme", StringMatch::parse),
          f.message("method", StringMatch::parse),
          f.message("authority", StringMatch::parse),
          f.map("headers", StringMatch::parse),
          f.map("withoutHeaders", StringMatch::parse),
          f.map("queryParams", StringMatch::parse),
          f.numberOrNull("port"),
          f.textMap("sourceLabels"),
          f.text("sourceNamespace"),
          f.texts("gateways"),
          f.flag("ignoreUriCase"),
          f.text("statPrefix"));
    }
  }

  /**
   * One weighted destination.
   *
   * @param weight 0 if not given; a single destination takes all
   */
  public record HttpDestination(Destination destination, int weight, HeaderOperations headers) {
    static HttpDestination parse(Fields f) {
      return new HttpDestination(
          Destination.parse(f.object("destination")),
          f.number("weight"),
          HeaderOperations.parse(f.object("headers")));
    }
  }

  /**
   * Answer with a redirect.
   *
   * @param port null keeps it; {@code derivePort} is the alternative
   * @param redirectCode 301 if not given
   */
  public record Redirect(
      String uri,
      String prefixRewrite,
      String authority,
      @Nullable Integer port,
      @Nullable DerivePort derivePort,
      String scheme,
      int redirectCode) {
    /** Where the port comes from. */
    public enum DerivePort {
      FROM_PROTOCOL_DEFAULT,
      FROM_REQUEST_PORT
    }

    static Redirect parse(Fields f) {
      return new Redirect(
          f.text("uri"),
          f.text("prefixRewrite"),
          f.text("authority"),
          f.numberOrNull("port"),
          f.has("derivePort")
              ? f.oneOf("derivePort", DerivePort.class, DerivePort.FROM_PROTOCOL_DEFAULT)
              : null,
          f.text("scheme"),
          f.has("redirectCode") ? f.number("redirectCode") : 301);
    }
  }

  /**
   * A fixed answer.
   *
   * @param bodyString null if absent
   * @param bodyBytes base64, null if absent
   */
  public record DirectResponse(
      int status, @Nullable String bodyString, @Nullable String bodyBytes) {
    static DirectResponse parse(Fields f) {
      Fields body = f.object("body");
      return new DirectResponse(
          f.number("status"), body.textOrNull("string"), body.textOrNull("bytes"));
    }
  }

  /** Another VirtualService that holds the routes; empty namespace means this one's. */
  public record Delegate(String name, String namespace) {
    static Delegate parse(Fields f) {
      return new Delegate(f.text("name"), f.text("namespace"));
    }
  }

  /** Changes to path and authority; null or empty parts stay as they are. */
  public record Rewrite(String uri, String authority, @Nullable RegexRewrite uriRegexRewrite) {
    static Rewrite parse(Fields f) {
      return new Rewrite(
          f.text("uri"), f.text("authority"), f.message("uriRegexRewrite", RegexRewrite::parse));
    }
  }

  /** RE2 match and its substitution with {@code \1} references. */
  public record RegexRewrite(String match, String rewrite) {
    static RegexRewrite parse(Fields f) {
      return new RegexRewrite(f.text("match"), f.text("rewrite"));
    }
  }

  /**
   * Retry policy.
   *
   * @param attempts retries after the first try; 0 switches them off
   * @param backoff null means Envoy's 25 ms
   * @param retryIgnorePreviousHosts null means true, Istio's default
   */
  public record Retries(
      int attempts,
      @Nullable Duration perTryTimeout,
      String retryOn,
      @Nullable Boolean retryRemoteLocalities,
      @Nullable Boolean retryIgnorePreviousHosts,
      @Nullable Duration backoff) {
    static Retries parse(Fields f) {
      return new Retries(
          f.number("attempts"),
          f.durationOrNull("perTryTimeout"),
          f.text("retryOn"),
          f.flagOrNull("retryRemoteLocalities"),
          f.flagOrNull("retryIgnorePreviousHosts"),
          f.durationOrNull("backoff"));
    }
  }

  /** Injected faults. */
  public record Fault(@Nullable Delay delay, @Nullable Abort abort) {
    static Fault parse(Fields f) {
      return new Fault(f.message("delay", Delay::parse), f.message("abort", Abort::parse));
    }
  }

  /** A delay for {@code percentage} (0–100) of requests. */
  public record Delay(
      @Nullable Duration fixedDelay, @Nullable Duration exponentialDelay, double percentage) {
    static Delay parse(Fields f) {
      return new Delay(
          f.durationOrNull("fixedDelay"),
          f.durationOrNull("exponentialDelay"),
          percentOf(f, "percentage", "percent"));
    }
  }

  /**
   * An abort for {@code percentage} (0–100) of requests.
   *
   * @param httpStatus null unless given
   * @param grpcStatus name such as {@code UNAVAILABLE}; empty unless given
   */
  public record Abort(
      @Nullable Integer httpStatus, String grpcStatus, String http2Error, double percentage) {
    static Abort parse(Fields f) {
      return new Abort(
          f.numberOrNull("httpStatus"),
          f.text("grpcStatus"),
          f.text("http2Error"),
          percentOf(f, "percentage", "percent"));
    }
  }

  /** A copy of {@code percentage} (0–100) of requests to another destination. */
  public record Mirror(Destination destination, double percentage) {
    static Mirror parse(Fields f) {
      return new Mirror(Destination.parse(f.object("destination")), percentOf(f, "percentage", ""));
    }

    private static List<Mirror> parseAll(Fields route) {
      List<Mirror> all = new ArrayList<>();
      Destination single = route.message("mirror", Destination::parse);
      if (single != null) {
        String old = route.has("mirrorPercent") ? "mirrorPercent" : "mirror_percent";
        all.add(new Mirror(single, percentOf(route, "mirrorPercentage", old)));
      }
      all.addAll(route.list("mirrors", Mirror::parse));
      return List.copyOf(all);
    }
  }

  /** Cross-origin policy, applied on the server side. */
  public record CorsPolicy(
      List<StringMatch> allowOrigins,
      List<String> allowMethods,
      List<String> allowHeaders,
      List<String> exposeHeaders,
      @Nullable Duration maxAge,
      @Nullable Boolean allowCredentials,
      UnmatchedPreflights unmatchedPreflights) {
    /** What happens to a preflight from an origin that is not allowed. */
    public enum UnmatchedPreflights {
      UNSPECIFIED,
      FORWARD,
      IGNORE
    }

    static CorsPolicy parse(Fields f) {
      List<StringMatch> origins = new ArrayList<>(f.list("allowOrigins", StringMatch::parse));
      // the deprecated list of exact origins means the same
      f.texts("allowOrigin").forEach(o -> origins.add(new StringMatch(StringMatch.Type.EXACT, o)));
      return new CorsPolicy(
          List.copyOf(origins),
          f.texts("allowMethods"),
          f.texts("allowHeaders"),
          f.texts("exposeHeaders"),
          f.durationOrNull("maxAge"),
          f.flagOrNull("allowCredentials"),
          f.oneOf(
              "unmatchedPreflights", UnmatchedPreflights.class, UnmatchedPreflights.UNSPECIFIED));
    }
  }

  /** Istio's default is 100 when neither the message nor its old integer form is given. */
  private static double percentOf(Fields f, String name, String oldName) {
    if (f.has(name)) {
      Double value = f.object(name).realOrNull("value");
      return value == null ? 0 : value;
    }
    if (!oldName.isEmpty() && f.has(oldName)) {
      return f.number(oldName);
    }
    return 100;
  }
}
