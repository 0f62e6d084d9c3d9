package io.selvage.controller.resource.validate;

import io.selvage.controller.resource.view.BackendRef;
import io.selvage.controller.resource.view.MeshRoute.Match;
import io.selvage.controller.resource.view.MeshRoute.Path;
import io.selvage.controller.resource.view.RouteFilter;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What filters of Gateway API routes must mean; after the CEL rules of the published CRDs. */
final class RouteFilterRules {
  private static final Set<String> ONCE =
      Set.of(
          "RequestHeaderModifier",
          "ResponseHeaderModifier",
          "RequestRedirect",
          "URLRewrite",
          "CORS");

  private final Findings findings;

  RouteFilterRules(Findings findings) {
    this.findings = findings;
  }

  void check(String field, List<RouteFilter> filters, List<Match> matches) {
    for (String type : ONCE) {
      if (filters.stream().filter(f -> f.type().equals(type)).count() > 1) {
        findings.invalid(field, type + " filter cannot be repeated");
      }
    }
    boolean redirects = filters.stream().anyMatch(f -> f.type().equals("RequestRedirect"));
    boolean rewrites = filters.stream().anyMatch(f -> f.type().equals("URLRewrite"));
    if (redirects && rewrites) {
      findings.invalid(field, "may specify either RequestRedirect or URLRewrite, but not both");
    }
    for (int i = 0; i < filters.size(); i++) {
      filter(field + "[" + i + "]", filters.get(i), matches);
    }
  }

  private void filter(String field, RouteFilter filter, List<Match> matches) {
    String part = RouteFilter.PARTS.get(filter.type());
    if (part == null) {
      return;
    }
    if (!filter.given().contains(part)) {
      findings.required(
          field + "." + part, part + " must be specified for " + filter.type() + " filter.type");
    }
    for (String given : filter.given()) {
      if (!given.equals(part)) {
        findings.forbidden(
            field + "." + given, given + " must be nil if the filter.type is " + filter.type());
      }
    }
    headers(field + ".requestHeaderModifier", filter.requestHeaders());
    headers(field + ".responseHeaderModifier", filter.responseHeaders());
    RouteFilter.Redirect redirect = filter.redirect();
    if (redirect != null) {
      path(field + ".requestRedirect.path", redirect.path(), matches);
    }
    RouteFilter.UrlRewrite rewrite = filter.rewrite();
    if (rewrite != null) {
      path(field + ".urlRewrite.path", rewrite.path(), matches);
    }
    mirror(field + ".requestMirror", filter.mirror());
    cors(field + ".cors", filter.cors());
    auth(field + ".externalAuth", filter.externalAuth());
  }

  private void headers(String field, RouteFilter.@Nullable HeaderChange change) {
    if (change == null) {
      return;
    }
    unique(field + ".set", change.set());
    unique(field + ".add", change.add());
    for (int i = 0; i < change.remove().size(); i++) {
      findings.headerName(field + ".remove[" + i + "]", change.remove().get(i));
      if (change.remove().get(i).equalsIgnoreCase("host")) {
        findings.forbidden(field + ".remove[" + i + "]", "Host cannot be removed");
      }
    }
  }

  // names of headers are equal whatever their case, which the schema's list key does not know
  private void unique(String field, List<RouteFilter.Header> headers) {
    for (int i = 0; i < headers.size(); i++) {
      for (int j = 0; j < i; j++) {
        if (headers.get(i).name().equalsIgnoreCase(headers.get(j).name())
            && !headers.get(i).name().equals(headers.get(j).name())) {
          findings.duplicate(field + "[" + i + "].name", headers.get(i).name());
        }
      }
    }
  }

  private void path(String field, RouteFilter.@Nullable PathModifier path, List<Match> matches) {
    if (path == null) {
      return;
    }
    boolean full = path.type().equals("ReplaceFullPath");
    if (full != (path.full() != null)) {
      findings.invalid(
          field, "replaceFullPath must be specified when, and only when, type is ReplaceFullPath");
    }
    if (full == (path.prefix() != null)) {
      findings.invalid(
          field,
          "replacePrefixMatch must be specified when, and only when, type is ReplacePrefixMatch");
    }
    if (!full && !onePrefix(matches)) {
      findings.invalid(
          field + ".replacePrefixMatch",
          "when using replacePrefixMatch, exactly one PathPrefix match must be specified");
    }
  }

  // a rule without matches has upstream's default, the prefix /
  private static boolean onePrefix(List<Match> matches) {
    if (matches.isEmpty()) {
      return true;
    }
    Path path = matches.get(0).path();
    return matches.size() == 1 && path != null && path.type() == Path.Type.PREFIX;
  }

  private void mirror(String field, RouteFilter.@Nullable Mirror mirror) {
    if (mirror == null) {
      return;
    }
    backend(findings, field + ".backendRef", mirror.backend());
    RouteFilter.Fraction fraction = mirror.fraction();
    if (fraction != null && fraction.numerator() > fraction.denominator()) {
      findings.invalid(field + ".fraction", "numerator must be less than or equal to denominator");
    }
  }

  static void backend(Findings findings, String field, BackendRef backend) {
    if (backend.isService() && backend.port() == null) {
      findings.required(field + ".port", "must have port for Service reference");
    }
  }

  private void cors(String field, RouteFilter.@Nullable Cors cors) {
    if (cors == null) {
      return;
    }
    anyAlone(field + ".allowOrigins", cors.allowOrigins());
    anyAlone(field + ".allowMethods", cors.allowMethods());
    anyAlone(field + ".allowHeaders", cors.allowHeaders());
  }

  private void anyAlone(String field, List<String> values) {
    if (values.size() > 1 && values.contains("*")) {
      findings.invalid(field, "cannot contain '*' alongside other values");
    }
  }

  private void auth(String field, RouteFilter.@Nullable ExternalAuth auth) {
    if (auth == null) {
      return;
    }
    backend(findings, field + ".backendRef", auth.backend());
    String wanted = auth.protocol().equals("GRPC") ? "grpc" : "http";
    if (!auth.given().contains(wanted)) {
      findings.required(
          field + "." + wanted, wanted + " must be specified when protocol is " + auth.protocol());
    }
    for (String given : auth.given()) {
      if (!given.equals(wanted)) {
        findings.forbidden(
            field + "." + given, "must not be set when protocol is " + auth.protocol());
      }
    }
  }
}
