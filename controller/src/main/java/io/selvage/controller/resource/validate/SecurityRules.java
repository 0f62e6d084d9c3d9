package io.selvage.controller.resource.validate;

import io.selvage.controller.resource.view.AuthorizationPolicy;
import io.selvage.controller.resource.view.AuthorizationPolicy.Action;
import io.selvage.controller.resource.view.PeerAuthentication;
import java.util.List;
import java.util.Set;

/** What the security kinds must mean; what is not understood is refused, never skipped. */
final class SecurityRules {
  /** Attributes a condition may name, apart from those with a name in brackets. */
  private static final Set<String> ATTRIBUTES =
      Set.of(
          "source.ip",
          "remote.ip",
          "source.namespace",
          "source.serviceAccount",
          "source.trustDomain",
          "source.principal",
          "request.auth.principal",
          "request.auth.audiences",
          "request.auth.presenter",
          "destination.ip",
          "destination.port",
          "connection.sni");

  private final Findings findings;

  SecurityRules(Findings findings) {
    this.findings = findings;
  }

  void check(PeerAuthentication policy) {
    findings.labels("spec.selector.matchLabels", policy.selector());
    if (!policy.portLevel().isEmpty() && policy.selector().isEmpty()) {
      findings.invalid("spec", "portLevelMtls requires selector");
    }
  }

  void check(AuthorizationPolicy policy) {
    var spec = policy.source().spec();
    long attachments =
        List.of("selector", "targetRef", "targetRefs").stream().filter(spec::hasNonNull).count();
    if (attachments > 1) {
      findings.invalid("spec", "only one of targetRefs or selector can be set");
    }
    findings.labels("spec.selector.matchLabels", policy.selector());
    if (policy.action() == Action.CUSTOM && policy.provider().isEmpty()) {
      findings.required("spec.provider.name", "`provider.name` must not be empty");
    }
    if (policy.action() != Action.CUSTOM && spec.hasNonNull("provider")) {
      findings.forbidden("spec.provider", "only action CUSTOM has a provider");
    }
    // an ALLOW policy without rules is the known way to deny everything; for the others it is a
    // slip
    boolean slip = policy.action() == Action.DENY || policy.action() == Action.CUSTOM;
    if (slip && !spec.hasNonNull("rules")) {
      findings.required(
          "spec.rules", policy.action() + " without rules matches nothing and has no effect");
    }
    for (int i = 0; i < policy.rules().size(); i++) {
      rule("spec.rules[" + i + "]", policy.rules().get(i), policy.action());
    }
  }

  private void rule(String field, AuthorizationPolicy.Rule rule, Action action) {
    for (int i = 0; i < rule.from().size(); i++) {
      source(field + ".from[" + i + "].source", rule.from().get(i));
    }
    for (int i = 0; i < rule.to().size(); i++) {
      operation(field + ".to[" + i + "].operation", rule.to().get(i));
    }
    for (int i = 0; i < rule.when().size(); i++) {
      condition(field + ".when[" + i + "]", rule.when().get(i));
    }
    boolean byToken =
        rule.from().stream()
            .anyMatch(s -> !s.requestPrincipals().isEmpty() || !s.notRequestPrincipals().isEmpty());
    if (action == Action.CUSTOM && byToken) {
      findings.forbidden(field + ".from", "CUSTOM cannot use requestPrincipals");
    }
  }

  private void source(String field, AuthorizationPolicy.Source source) {
    boolean accounts =
        !source.serviceAccounts().isEmpty() || !source.notServiceAccounts().isEmpty();
    boolean others =
        !source.principals().isEmpty()
            || !source.notPrincipals().isEmpty()
            || !source.namespaces().isEmpty()
            || !source.notNamespaces().isEmpty();
    if (accounts && others) {
      findings.invalid(field, "Cannot set serviceAccounts with namespaces or principals");
    }
    ipBlocks(field + ".ipBlocks", source.ipBlocks());
    ipBlocks(field + ".notIpBlocks", source.notIpBlocks());
    ipBlocks(field + ".remoteIpBlocks", source.remoteIpBlocks());
    ipBlocks(field + ".notRemoteIpBlocks", source.notRemoteIpBlocks());
    for (List<String> names :
        List.of(
            source.principals(),
            source.notPrincipals(),
            source.requestPrincipals(),
            source.notRequestPrincipals(),
            source.namespaces(),
            source.notNamespaces(),
            source.serviceAccounts(),
            source.notServiceAccounts(),
            source.trustDomains(),
            source.notTrustDomains())) {
      notEmpty(field, names);
    }
  }

  private void operation(String field, AuthorizationPolicy.Operation operation) {
    ports(field + ".ports", operation.ports());
    ports(field + ".notPorts", operation.notPorts());
    paths(field + ".paths", operation.paths());
    paths(field + ".notPaths", operation.notPaths());
    notEmpty(field, operation.hosts());
    notEmpty(field, operation.notHosts());
    notEmpty(field, operation.methods());
    notEmpty(field, operation.notMethods());
  }

  private void notEmpty(String field, List<String> values) {
    if (values.contains("")) {
      findings.invalid(field, "an empty value matches nothing");
    }
  }

  private void ipBlocks(String field, List<String> blocks) {
    for (int i = 0; i < blocks.size(); i++) {
      findings.ipBlock(field + "[" + i + "]", blocks.get(i));
    }
  }

  private void ports(String field, List<String> ports) {
    for (int i = 0; i < ports.size(); i++) {
      String port = ports.get(i);
      if (!port.matches("[1-9]\\d{0,4}") || Integer.parseInt(port) > 65535) {
        findings.invalid(field + "[" + i + "]", "\"" + port + "\": port must be between 1-65535");
      }
    }
  }

  /** Istio's templates: {@code {*}} is one segment, {@code {**}} any number and last. */
  private void paths(String field, List<String> paths) {
    for (int i = 0; i < paths.size(); i++) {
      String path = paths.get(i);
      String at = field + "[" + i + "]";
      if (path.isEmpty()) {
        findings.invalid(at, "an empty path matches nothing");
      }
      if (!path.contains("{") && !path.contains("}")) {
        continue;
      }
      boolean wellFormed = true;
      String[] segments = path.split("/", -1);
      for (int s = 0; s < segments.length; s++) {
        boolean braces = segments[s].contains("{") || segments[s].contains("}");
        boolean template = segments[s].equals("{*}") || segments[s].equals("{**}");
        wellFormed &= !braces || template;
        wellFormed &= !segments[s].contains("*") || template;
      }
      if (!wellFormed || path.indexOf("{**}") != path.lastIndexOf("{**}")) {
        findings.invalid(
            at, "\"" + path + "\": {*} and {**} must be whole segments, {**} once, and no other *");
      }
    }
  }

  private void condition(String field, AuthorizationPolicy.Condition condition) {
    String key = condition.key();
    boolean bracketed =
        key.matches("request\\.headers\\[[^\\]]+\\]")
            || key.matches("request\\.auth\\.claims(\\[[^\\]]+\\])+")
            || key.matches("experimental\\.envoy\\.filters\\.[a-z_.]+\\[[^\\]]+\\]");
    if (!bracketed && !ATTRIBUTES.contains(key)) {
      findings.invalid(field + ".key", "unknown attribute \"" + key + "\"");
    }
    if (condition.values().isEmpty() && condition.notValues().isEmpty()) {
      findings.required(field + ".values", "at least one of values and notValues");
    }
    switch (key) {
      case "source.ip", "remote.ip", "destination.ip" -> {
        ipBlocks(field + ".values", condition.values());
        ipBlocks(field + ".notValues", condition.notValues());
      }
      case "destination.port" -> {
        ports(field + ".values", condition.values());
        ports(field + ".notValues", condition.notValues());
      }
      default -> {
        notEmpty(field + ".values", condition.values());
        notEmpty(field + ".notValues", condition.notValues());
      }
    }
  }
}
