package io.selvage.engine.observing;

import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.snapshot.MeshFacts;
import java.util.Map;

/**
 * Counts requests that a policy would have refused, let through or only marks, at their end.
 *
 * <p>Source: Envoy's {@code shadow_allowed} and {@code shadow_denied} of its RBAC filter, and
 * Istio's action AUDIT.
 */
public final class PolicyCountLayer extends Layer {
  private record Key(String mode, String result) {}

  private final SeriesTable series;

  public PolicyCountLayer(SeriesTable series) {
    this.series = series;
  }

  @Override
  protected void onEnd(Exchange x, End end) {
    MeshFacts facts = MeshFacts.of(x);
    if (facts.explaining || facts.dryRun.isEmpty() && facts.audited.isEmpty()) {
      return;
    }
    if (!facts.dryRun.isEmpty()) {
      count("dry-run", facts.dryRun);
    }
    if (!facts.audited.isEmpty()) {
      count("audit", "matched by " + facts.audited);
    }
  }

  private void count(String mode, String said) {
    Key key = new Key(mode, said);
    series.of(Series.Kind.POLICY, key, () -> labels(mode, said)).add(0, 0, 0);
  }

  private static Map<String, String> labels(String mode, String said) {
    int by = said.indexOf(" by ");
    return new java.util.TreeMap<>(
        Map.of(
            "mode", mode,
            "policy", by < 0 ? "none" : said.substring(by + 4),
            "result", by < 0 ? said : said.substring(0, by)));
  }
}
