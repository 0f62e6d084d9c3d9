package io.selvage.engine.match;

import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.model.RbacFilter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Compiled {@link RbacFilter.Rules}. Fails closed: a policy that cannot be compiled never allows
 * and always denies.
 */
public final class RbacRules {
  /**
   * What the rules say of a request.
   *
   * @param policy the policy that matched; null = none did
   */
  public record Verdict(boolean allowed, @Nullable String policy) {}

  private record Policy(String name, RbacTest permission, RbacTest principal) {}

  private final RbacFilter.Action action;
  private final List<Policy> policies;

  /**
   * @param problems told the name of each policy that cannot be compiled, and why
   */
  public RbacRules(RbacFilter.Rules rules, BiConsumer<String, String> problems) {
    action = rules.action();
    List<Policy> compiled = new ArrayList<>();
    for (Map.Entry<String, RbacFilter.Policy> entry : rules.policies().entrySet()) {
      compiled.add(policy(entry.getKey(), entry.getValue(), problems));
    }
    policies = List.copyOf(compiled);
  }

  private Policy policy(
      String name, RbacFilter.Policy policy, BiConsumer<String, String> problems) {
    try {
      return new Policy(
          name,
          RbacTest.any(policy.permissions().stream().map(RbacTest::of).toList()),
          RbacTest.any(policy.principals().stream().map(RbacTest::of).toList()));
    } catch (IllegalArgumentException bad) {
      problems.accept(name, String.valueOf(bad.getMessage()));
      boolean always = action == RbacFilter.Action.DENY;
      return new Policy(name, (h, p, path) -> always, (h, p, path) -> always);
    }
  }

  /**
   * Decides.
   *
   * @param forms of the request's path; see {@link PathForms}: denied if any form is, allowed only
   *     if all forms are
   */
  public Verdict decide(RequestHead head, Peer peer, List<String> forms) {
    String matched = null;
    for (int i = 0; i < forms.size(); i++) {
      String policy = match(head, peer, forms.get(i));
      if (action == RbacFilter.Action.ALLOW) {
        if (policy == null) {
          return new Verdict(false, null);
        }
        matched = policy;
      } else if (policy != null) {
        return new Verdict(action == RbacFilter.Action.LOG, policy);
      }
    }
    return new Verdict(true, matched);
  }

  public RbacFilter.Action action() {
    return action;
  }

  private @Nullable String match(RequestHead head, Peer peer, String path) {
    for (int i = 0; i < policies.size(); i++) {
      Policy policy = policies.get(i);
      if (policy.permission.test(head, peer, path) && policy.principal.test(head, peer, path)) {
        return policy.name;
      }
    }
    return null;
  }
}
