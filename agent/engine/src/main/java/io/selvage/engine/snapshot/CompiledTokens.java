package io.selvage.engine.snapshot;

import io.selvage.engine.flow.Randomness;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.match.RouteTest;
import io.selvage.engine.model.JwtAuthn;
import io.selvage.engine.model.JwtProvider;
import io.selvage.engine.model.JwtRequirement;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A {@link JwtAuthn} of one snapshot. Fails closed: a rule that cannot be compiled matches all. */
public final class CompiledTokens {
  private record Rule(@Nullable RouteTest match, @Nullable JwtRequirement requires) {}

  private final JwtAuthn config;
  private final List<Rule> rules = new ArrayList<>();
  private final Set<String> ownHeaders = new LinkedHashSet<>();

  CompiledTokens(JwtAuthn config, Consumer<String> problems) {
    this.config = config;
    for (JwtAuthn.Rule rule : config.rules()) {
      RouteTest match = null;
      try {
        match = RouteTest.of(rule.match());
      } catch (IllegalArgumentException bad) {
        problems.accept(String.valueOf(bad.getMessage()));
      }
      rules.add(new Rule(match, rule.requires()));
    }
    for (JwtProvider provider : config.providers().values()) {
      if (!provider.payloadHeader().isEmpty()) {
        ownHeaders.add(provider.payloadHeader());
      }
      provider.claimHeaders().forEach(c -> ownHeaders.add(c.header()));
    }
  }

  public JwtAuthn config() {
    return config;
  }

  /** Headers that only a checked token may set: what a caller wrote there is taken away. */
  public Set<String> ownHeaders() {
    return ownHeaders;
  }

  /** What a request needs; null = nothing. */
  public @Nullable JwtRequirement of(RequestHead head, Randomness random) {
    String path = head.pathOnly();
    for (Rule rule : rules) {
      if (rule.match == null || rule.match.test(head, path, random)) {
        return rule.requires;
      }
    }
    return null;
  }
}
