package io.selvage.controller.resource.view;

import io.selvage.controller.resource.Checked;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.Violation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * {@code security.istio.io} AuthorizationPolicy.
 *
 * @param selector labels; empty means the whole namespace (the whole mesh in the root namespace)
 * @param provider name of the external authorizer for {@link Action#CUSTOM}; else empty
 * @param rules none means that nothing matches (an ALLOW policy then denies everything)
 * @param dryRun annotation {@code istio.io/dry-run: "true"}
 */
public record AuthorizationPolicy(
    Resource source,
    Map<String, String> selector,
    List<TargetRef> targetRefs,
    Action action,
    String provider,
    List<Rule> rules,
    boolean dryRun) {

  /** What a matching rule does. */
  public enum Action {
    ALLOW,
    DENY,
    AUDIT,
    CUSTOM
  }

  /** Reads the document; unknown fields are not looked at (the schema refuses them). */
  public static Checked<AuthorizationPolicy> parse(Resource resource) {
    List<Violation> violations = new ArrayList<>();
    Fields f = new Fields(resource.spec(), "spec", violations);
    List<TargetRef> refs = new ArrayList<>(f.list("targetRefs", TargetRef::parse));
    TargetRef single = f.message("targetRef", TargetRef::parse);
    if (single != null) {
      refs.add(single);
    }
    AuthorizationPolicy value =
        new AuthorizationPolicy(
            resource,
            f.object("selector").textMap("matchLabels"),
            List.copyOf(refs),
            f.oneOf("action", Action.class, Action.ALLOW),
            f.object("provider").text("name"),
            f.list("rules", Rule::parse),
            "true".equals(resource.annotations().get("istio.io/dry-run")));
    return Checked.of(value, violations);
  }

  /** An object the policy is attached to, in the policy's own namespace. */
  public record TargetRef(String group, String kind, String name) {
    static TargetRef parse(Fields f) {
      return new TargetRef(f.text("group"), f.text("kind"), f.text("name"));
    }
  }

  /** Matches when one source, one operation and every condition match; empty lists match all. */
  public record Rule(List<Source> from, List<Operation> to, List<Condition> when) {
    static Rule parse(Fields f) {
      return new Rule(
          f.list("from", s -> Source.parse(s.object("source"))),
          f.list("to", o -> Operation.parse(o.object("operation"))),
          f.list("when", Condition::parse));
    }
  }

  /** Who calls; each non-empty list must match. */
  public record Source(
      List<String> principals,
      List<String> notPrincipals,
      List<String> requestPrincipals,
      List<String> notRequestPrincipals,
      List<String> namespaces,
      List<String> notNamespaces,
      List<String> serviceAccounts,
      List<String> notServiceAccounts,
      List<String> trustDomains,
      List<String> notTrustDomains,
      List<String> ipBlocks,
      List<String> notIpBlocks,
      List<String> remoteIpBlocks,
      List<String> notRemoteIpBlocks) {
    static Source parse(Fields f) {
      return new Source(
          f.texts("principals"),
          f.texts("notPrincipals"),
          f.texts("requestPrincipals"),
          f.texts("notRequestPrincipals"),
          f.texts("namespaces"),
          f.texts("notNamespaces"),
          f.texts("serviceAccounts"),
          f.texts("notServiceAccounts"),
          f.texts("trustDomains"),
          f.texts("notTrustDomains"),
          f.texts("ipBlocks"),
          f.texts("notIpBlocks"),
          f.texts("remoteIpBlocks"),
          f.texts("notRemoteIpBlocks"));
    }
  }

  /** What is asked for; each non-empty list must match. */
  public record Operation(
      List<String> hosts,
      List<String> notHosts,
      List<String> ports,
      List<String> notPorts,
      List<String> methods,
      List<String> notMethods,
      List<String> paths,
      List<String> notPaths) {
    static Operation parse(Fields f) {
      return new Operation(
          f.texts("hosts"),
          f.texts("notHosts"),
          f.texts("ports"),
          f.texts("notPorts"),
          f.texts("methods"),
          f.texts("notMethods"),
          f.texts("paths"),
          f.texts("notPaths"));
    }
  }

  /** A further condition on an attribute such as {@code request.headers[x-user]}. */
  public record Condition(String key, List<String> values, List<String> notValues) {
    static Condition parse(Fields f) {
      return new Condition(f.text("key"), f.texts("values"), f.texts("notValues"));
    }
  }
}
