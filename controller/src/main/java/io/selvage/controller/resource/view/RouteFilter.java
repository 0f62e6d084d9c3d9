package io.selvage.controller.resource.view;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One filter of a Gateway API route or backend.
 *
 * @param type as written, such as {@code URLRewrite}; it names the part that is given
 * @param given names of all parts that are there, in the order of {@link #PARTS}
 * @param externalAuth the destination that is asked; null unless given
 */
public record RouteFilter(
    String type,
    List<String> given,
    @Nullable HeaderChange requestHeaders,
    @Nullable HeaderChange responseHeaders,
    @Nullable Mirror mirror,
    @Nullable Redirect redirect,
    @Nullable UrlRewrite rewrite,
    @Nullable Cors cors,
    @Nullable ExternalAuth externalAuth,
    @Nullable ExtensionRef extension) {

  /** Type of a filter and the field that it stands for. */
  public static final Map<String, String> PARTS = parts();

  private static Map<String, String> parts() {
    Map<String, String> parts = new LinkedHashMap<>();
    parts.put("RequestHeaderModifier", "requestHeaderModifier");
    parts.put("ResponseHeaderModifier", "responseHeaderModifier");
    parts.put("RequestMirror", "requestMirror");
    parts.put("RequestRedirect", "requestRedirect");
    parts.put("URLRewrite", "urlRewrite");
    parts.put("CORS", "cors");
    parts.put("ExternalAuth", "externalAuth");
    parts.put("ExtensionRef", "extensionRef");
    return java.util.Collections.unmodifiableMap(parts);
  }

  static RouteFilter parse(Fields f) {
    return new RouteFilter(
        f.text("type"),
        PARTS.values().stream().filter(f::has).toList(),
        f.message("requestHeaderModifier", HeaderChange::parse),
        f.message("responseHeaderModifier", HeaderChange::parse),
        f.message("requestMirror", Mirror::parse),
        f.message("requestRedirect", Redirect::parse),
        f.message("urlRewrite", UrlRewrite::parse),
        f.message("cors", Cors::parse),
        f.message("externalAuth", ExternalAuth::parse),
        f.message("extensionRef", ExtensionRef::parse));
  }

  /** Changes to headers: set replaces, add appends; names as written. */
  public record HeaderChange(List<Header> set, List<Header> add, List<String> remove) {
    static HeaderChange parse(Fields f) {
      return new HeaderChange(
          f.list("set", Header::parse), f.list("add", Header::parse), f.texts("remove"));
    }
  }

  /** A header as text, without placeholders. */
  public record Header(String name, String value) {
    static Header parse(Fields f) {
      return new Header(f.text("name"), f.text("value"));
    }
  }

  /**
   * Copies of requests.
   *
   * @param percent of the requests, 0 to 100; 100 if neither percent nor fraction is given
   * @param fraction null unless given
   */
  public record Mirror(BackendRef backend, double percent, @Nullable Fraction fraction) {
    private static final double ALL = 100;

    static Mirror parse(Fields f) {
      Fraction fraction = f.message("fraction", Fraction::parse);
      Integer percent = f.numberOrNull("percent");
      double part = percent == null ? ALL : percent;
      if (fraction != null && fraction.denominator() > 0) {
        part = ALL * fraction.numerator() / fraction.denominator();
      }
      return new Mirror(BackendRef.parse(f.object("backendRef")), part, fraction);
    }
  }

  /** A part of the whole; the denominator is 100 if not given. */
  public record Fraction(int numerator, int denominator) {
    static Fraction parse(Fields f) {
      return new Fraction(
          f.number("numerator"), f.has("denominator") ? f.number("denominator") : 100);
    }
  }

  /**
   * An answer with a redirect.
   *
   * @param scheme empty keeps it
   * @param hostname empty keeps it
   * @param port null derives it from scheme or listener
   * @param statusCode 302 if not given
   */
  public record Redirect(
      String scheme,
      String hostname,
      @Nullable PathModifier path,
      @Nullable Integer port,
      int statusCode) {
    static Redirect parse(Fields f) {
      return new Redirect(
          f.text("scheme"),
          f.text("hostname"),
          f.message("path", PathModifier::parse),
          f.numberOrNull("port"),
          f.has("statusCode") ? f.number("statusCode") : 302);
    }
  }

  /** Another host or path towards the backend; an empty hostname keeps it. */
  public record UrlRewrite(String hostname, @Nullable PathModifier path) {
    static UrlRewrite parse(Fields f) {
      return new UrlRewrite(f.text("hostname"), f.message("path", PathModifier::parse));
    }
  }

  /**
   * A new path.
   *
   * @param type {@code ReplaceFullPath} or {@code ReplacePrefixMatch}
   * @param full null unless given
   * @param prefix null unless given; may be empty
   */
  public record PathModifier(String type, @Nullable String full, @Nullable String prefix) {
    static PathModifier parse(Fields f) {
      return new PathModifier(
          f.text("type"), f.textOrNull("replaceFullPath"), f.textOrNull("replacePrefixMatch"));
    }
  }

  /** Cross-origin policy; maxAge in seconds, 5 if not given. */
  public record Cors(
      List<String> allowOrigins,
      List<String> allowMethods,
      List<String> allowHeaders,
      List<String> exposeHeaders,
      int maxAge,
      @Nullable Boolean allowCredentials) {
    private static final int DEFAULT_AGE = 5;

    static Cors parse(Fields f) {
      return new Cors(
          f.texts("allowOrigins"),
          f.texts("allowMethods"),
          f.texts("allowHeaders"),
          f.texts("exposeHeaders"),
          f.has("maxAge") ? f.number("maxAge") : DEFAULT_AGE,
          f.flagOrNull("allowCredentials"));
    }
  }

  /** A service that is asked before each request; {@code given} names its protocol parts. */
  public record ExternalAuth(String protocol, BackendRef backend, List<String> given) {
    static ExternalAuth parse(Fields f) {
      List<String> given = new ArrayList<>();
      for (String part : List.of("grpc", "http")) {
        if (f.has(part)) {
          given.add(part);
        }
      }
      return new ExternalAuth(
          f.text("protocol"), BackendRef.parse(f.object("backendRef")), List.copyOf(given));
    }
  }

  /** A filter of another kind. */
  public record ExtensionRef(String group, String kind, String name) {
    static ExtensionRef parse(Fields f) {
      return new ExtensionRef(f.text("group"), f.text("kind"), f.text("name"));
    }
  }
}
