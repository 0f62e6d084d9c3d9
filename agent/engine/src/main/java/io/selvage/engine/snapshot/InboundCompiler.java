package io.selvage.engine.snapshot;

import io.selvage.engine.match.RbacRules;
import io.selvage.engine.match.StringTest;
import io.selvage.engine.model.FilterChain;
import io.selvage.engine.model.InboundListener;
import io.selvage.engine.model.LaneEntry;
import io.selvage.engine.model.RbacFilter;
import io.selvage.engine.model.StringMatch;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Compiles inbound filter chains; what cannot be compiled refuses instead of being left out. */
final class InboundCompiler {
  private final List<Reason> reasons;
  private final RouteCompiler routes;

  InboundCompiler(List<Reason> reasons, RouteCompiler routes) {
    this.reasons = reasons;
    this.routes = routes;
  }

  Inbound compile(InboundListener listener) {
    List<CompiledChain> chains = new ArrayList<>();
    for (FilterChain chain : listener.chains()) {
      chains.add(chain(chain));
    }
    return new Inbound(chains, listener.own(), lanes(listener), routes.workload(listener.own()));
  }

  private List<CompiledLane> lanes(InboundListener listener) {
    List<CompiledLane> lanes = new ArrayList<>();
    for (LaneEntry entry : listener.own().lanes()) {
      try {
        lanes.add(new CompiledLane(entry));
      } catch (IllegalArgumentException bad) {
        reasons.add(
            new Reason("TrafficLane " + entry.lane(), "entries", String.valueOf(bad.getMessage())));
      }
    }
    return lanes;
  }

  private CompiledChain chain(FilterChain chain) {
    FilterChain.InboundHttp http = chain.http();
    return new CompiledChain(
        chain,
        filters(chain, chain.networkRbac()),
        http == null ? List.of() : filters(chain, http.rbac()),
        http == null ? null : routes.compile(http.routes()),
        http == null ? null : fault(chain, http),
        peers(chain),
        http == null
            ? Limiters.NONE
            : routes.limiters("FilterChain " + chain.name(), http.limits()),
        http == null || http.checks().tokens() == null
            ? null
            : new CompiledTokens(http.checks().tokens(), why -> report(chain, "jwt_authn", why)));
  }

  private @Nullable CompiledFault fault(FilterChain chain, FilterChain.InboundHttp http) {
    try {
      return RouteCompiler.fault(http.fault());
    } catch (IllegalArgumentException bad) {
      report(chain, "fault", String.valueOf(bad.getMessage()));
      return null;
    }
  }

  private List<CompiledChain.Filter> filters(FilterChain chain, List<RbacFilter> filters) {
    List<CompiledChain.Filter> compiled = new ArrayList<>();
    for (RbacFilter filter : filters) {
      compiled.add(
          new CompiledChain.Filter(rules(chain, filter.rules()), rules(chain, filter.shadow())));
    }
    return List.copyOf(compiled);
  }

  private @Nullable RbacRules rules(FilterChain chain, RbacFilter.@Nullable Rules rules) {
    return rules == null
        ? null
        : new RbacRules(
            rules, (policy, why) -> report(chain, "rbac.policies[" + policy + "]", why));
  }

  private List<StringTest> peers(FilterChain chain) {
    if (chain.tls() == null) {
      return List.of();
    }
    List<StringTest> tests = new ArrayList<>();
    for (StringMatch match : chain.tls().peers()) {
      try {
        tests.add(StringTest.of(match));
      } catch (IllegalArgumentException bad) {
        report(chain, "tls.match_typed_subject_alt_names", String.valueOf(bad.getMessage()));
        // matches no identity: an empty list would let everyone in
        tests.add(StringTest.of(new StringMatch.Exact("\u0000", false)));
      }
    }
    return List.copyOf(tests);
  }

  private void report(FilterChain chain, String field, String why) {
    reasons.add(new Reason("FilterChain " + chain.name(), field, why));
  }
}
