package io.selvage.controller.resource.validate;

import com.fasterxml.jackson.databind.JsonNode;
import io.selvage.controller.resource.view.HttpRoute;
import io.selvage.controller.resource.view.VirtualService;
import io.selvage.controller.resource.view.VirtualService.L4Match;
import io.selvage.controller.resource.view.VirtualService.WeightedDestination;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What a VirtualService must mean; after Istio's {@code ValidateVirtualService}. */
final class VirtualServiceRules {
  private final Findings findings;

  VirtualServiceRules(Findings findings) {
    this.findings = findings;
  }

  void check(VirtualService vs) {
    hosts(vs);
    if (vs.http().isEmpty() && vs.tls().isEmpty() && vs.tcp().isEmpty()) {
      findings.required("spec.http", "http, tcp or tls must be provided in virtual service");
    }
    findings.exportTo(vs.exportTo());
    HttpRouteRules http = new HttpRouteRules(findings, vs.hosts().isEmpty());
    for (int i = 0; i < vs.http().size(); i++) {
      http.check("spec.http[" + i + "]", vs.http().get(i));
      JsonNode written = vs.source().spec().path("http").path(i);
      if (written.hasNonNull("mirror") && written.path("mirrors").size() > 0) {
        findings.exclusive(
            "spec.http[" + i + "].mirrors", "mirror and mirrors exclude each other; keep mirrors");
      }
    }
    names(vs.http());
    for (int i = 0; i < vs.tls().size(); i++) {
      tls("spec.tls[" + i + "]", vs.tls().get(i), vs.hosts());
    }
    for (int i = 0; i < vs.tcp().size(); i++) {
      String field = "spec.tcp[" + i + "]";
      matches(field, vs.tcp().get(i).match());
      destinations(field, vs.tcp().get(i).route());
    }
  }

  private void hosts(VirtualService vs) {
    if (vs.hosts().isEmpty()) {
      // a delegate: its routes are merged into the rule that names it
      if (!vs.gateways().isEmpty()) {
        findings.required("spec.hosts", "a delegate (no hosts) may not name gateways");
      }
      if (!vs.tls().isEmpty() || !vs.tcp().isEmpty()) {
        findings.required("spec.hosts", "virtual service must have at least one host");
      }
      return;
    }
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < vs.hosts().size(); i++) {
      String field = "spec.hosts[" + i + "]";
      String host = vs.hosts().get(i);
      findings.host(field, host, true);
      if (host.equals("*") && vs.appliesToMesh()) {
        findings.invalid(
            field, "wildcard host * is not allowed for virtual services bound to the mesh gateway");
      }
      if (!seen.add(host)) {
        findings.duplicate(field, host);
      }
    }
  }

  private void names(List<HttpRoute> routes) {
    Set<String> names = new HashSet<>();
    for (int i = 0; i < routes.size(); i++) {
      String name = routes.get(i).name();
      if (!name.isEmpty() && !names.add(name)) {
        findings.duplicate("spec.http[" + i + "].name", name);
      }
    }
  }

  private void tls(String field, VirtualService.TlsRoute route, List<String> hosts) {
    if (route.match().isEmpty()) {
      findings.required(field + ".match", "TLS route must have at least one match condition");
    }
    for (int i = 0; i < route.match().size(); i++) {
      String matchField = field + ".match[" + i + "].sniHosts";
      List<String> names = route.match().get(i).sniHosts();
      if (names.isEmpty()) {
        findings.required(matchField, "TLS match must have at least one SNI host");
      }
      for (int j = 0; j < names.size(); j++) {
        findings.host(matchField + "[" + j + "]", names.get(j), true);
        if (!withinHosts(names.get(j), hosts)) {
          findings.invalid(
              matchField + "[" + j + "]",
              "SNI host \"" + names.get(j) + "\" is not a compatible subset of the hosts");
        }
      }
    }
    matches(field, route.match());
    destinations(field, route.route());
  }

  private static boolean withinHosts(String sni, List<String> hosts) {
    for (String host : hosts) {
      boolean wildcard = host.startsWith("*");
      if (host.equals(sni) || (wildcard && sni.endsWith(host.substring(1)))) {
        return true;
      }
    }
    return false;
  }

  private void matches(String field, List<L4Match> matches) {
    for (int i = 0; i < matches.size(); i++) {
      String matchField = field + ".match[" + i + "]";
      L4Match match = matches.get(i);
      Integer port = match.port();
      if (port != null) {
        findings.port(matchField + ".port", port);
      }
      findings.labels(matchField + ".sourceLabels", match.sourceLabels());
      for (int j = 0; j < match.destinationSubnets().size(); j++) {
        findings.ipBlock(
            matchField + ".destinationSubnets[" + j + "]", match.destinationSubnets().get(j));
      }
    }
  }

  private void destinations(String field, List<WeightedDestination> route) {
    if (route.isEmpty()) {
      findings.required(field + ".route", "at least one destination");
    }
    HttpRouteRules.weights(
        findings, field + ".route", route.stream().map(WeightedDestination::weight).toList());
    for (int i = 0; i < route.size(); i++) {
      HttpRouteRules.destination(
          findings, field + ".route[" + i + "].destination", route.get(i).destination());
    }
  }
}
