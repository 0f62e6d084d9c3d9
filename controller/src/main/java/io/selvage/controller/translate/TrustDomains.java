package io.selvage.controller.translate;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Principals of the mesh's own trust domain also mean those of its aliases (Istio). */
final class TrustDomains {
  private TrustDomains() {}

  static List<String> expand(List<String> principals, MeshSettings settings) {
    List<String> domains = new ArrayList<>();
    domains.add(settings.trustDomain());
    domains.addAll(settings.trustDomainAliases());
    Set<String> all = new LinkedHashSet<>();
    for (String principal : principals) {
      int slash = principal.indexOf('/');
      String domain = slash < 0 ? "" : principal.substring(0, slash);
      boolean ours = domains.stream().anyMatch(d -> matches(domain, d));
      if (slash < 0 || !ours || domains.size() == 1) {
        all.add(principal);
        continue;
      }
      for (String each : domains) {
        all.add(matches(domain, each) ? principal : each + principal.substring(slash));
      }
    }
    return List.copyOf(all);
  }

  private static boolean matches(String pattern, String domain) {
    if (pattern.equals("*")) {
      return true;
    }
    if (pattern.startsWith("*")) {
      return domain.endsWith(pattern.substring(1));
    }
    return pattern.endsWith("*")
        ? domain.startsWith(pattern.substring(0, pattern.length() - 1))
        : pattern.equals(domain);
  }
}
