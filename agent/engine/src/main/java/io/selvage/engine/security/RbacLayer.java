package io.selvage.engine.security;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.match.PathForms;
import io.selvage.engine.match.RbacRules;
import io.selvage.engine.model.RbacFilter;
import io.selvage.engine.snapshot.CompiledChain;
import io.selvage.engine.snapshot.MeshFacts;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Authorization: filters in order, the first that denies answers {@code 403 RBAC: access denied}.
 * The deciding policy is a fact for logs and never in the answer. Fails closed.
 */
public final class RbacLayer extends Layer {
  private static final String DENIED = "denied";

  @Override
  protected @Nullable Action onRequest(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    CompiledChain chain = facts.compiledChain;
    Peer peer = facts.peer;
    if (chain == null || peer == null || asksNothing(chain)) {
      return PASS;
    }
    List<String> forms = PathForms.of(x.head().path(), x.head().meanings());
    facts.pathForms = forms;
    return decided(facts, chain, x.head(), peer, forms);
  }

  /** Only forms that were not asked about when the request came in. */
  @Override
  protected @Nullable Rejection onDispatch(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    CompiledChain chain = facts.compiledChain;
    Peer peer = facts.peer;
    if (chain == null || peer == null || asksNothing(chain)) {
      return null;
    }
    List<String> all = PathForms.of(x.head().path(), x.head().meanings());
    List<String> asked = facts.pathForms == null ? List.of() : facts.pathForms;
    facts.pathForms = all;
    return all.size() == asked.size()
        ? null
        : decided(facts, chain, x.head(), peer, all.subList(asked.size(), all.size()));
  }

  private static boolean asksNothing(CompiledChain chain) {
    return chain.rbac().isEmpty() && chain.networkRbac().isEmpty();
  }

  private static @Nullable Rejection decided(
      MeshFacts facts, CompiledChain chain, RequestHead head, Peer peer, List<String> forms) {
    Rejection denied = denied(facts, chain.networkRbac(), head, peer, forms);
    return denied != null ? denied : denied(facts, chain.rbac(), head, peer, forms);
  }

  private static @Nullable Rejection denied(
      MeshFacts facts,
      List<CompiledChain.Filter> filters,
      RequestHead head,
      Peer peer,
      List<String> forms) {
    for (int i = 0; i < filters.size(); i++) {
      CompiledChain.Filter filter = filters.get(i);
      if (filter.shadow() != null) {
        dryRun(facts, filter.shadow(), head, peer, forms);
      }
      if (filter.rules() != null) {
        RbacRules.Verdict verdict = filter.rules().decide(head, peer, forms);
        note(facts, filter.rules().action(), verdict);
        if (!verdict.allowed()) {
          String detail =
              verdict.policy() == null
                  ? "rbac_access_denied_matched_policy[none]"
                  : "rbac_access_denied_matched_policy[" + verdict.policy() + "]";
          return Rejection.of(403, 7, "-", "SELV-5001", "RBAC: access denied", detail);
        }
      }
    }
    return null;
  }

  private static void note(MeshFacts facts, RbacFilter.Action action, RbacRules.Verdict verdict) {
    if (action == RbacFilter.Action.LOG) {
      facts.audited = verdict.policy() == null ? facts.audited : verdict.policy();
    } else if (verdict.policy() != null
        && (!verdict.allowed() || action == RbacFilter.Action.ALLOW)) {
      facts.policy = verdict.policy();
    } else if (!verdict.allowed()) {
      facts.policy = "none";
    }
    if (facts.explaining && verdict.policy() != null) {
      facts.matchedPolicy(action + " " + verdict.policy());
    }
  }

  private static void dryRun(
      MeshFacts facts, RbacRules rules, RequestHead head, Peer peer, List<String> forms) {
    try {
      RbacRules.Verdict verdict = rules.decide(head, peer, forms);
      String result =
          (verdict.allowed() ? "allowed" : DENIED)
              + (verdict.policy() == null ? "" : " by " + verdict.policy());
      // what one filter would refuse no other can let through
      if (!facts.dryRun.startsWith(DENIED)) {
        facts.dryRun = result;
      }
      if (facts.explaining) {
        facts.matchedPolicy("dry run: " + result);
      }
    } catch (RuntimeException | StackOverflowError bug) {
      // a dry run never decides
      facts.dryRun = "failed: " + bug.getClass().getName();
    }
  }

  @Override
  public boolean failsClosed() {
    return true;
  }
}
