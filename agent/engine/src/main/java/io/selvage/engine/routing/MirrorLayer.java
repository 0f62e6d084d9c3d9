package io.selvage.engine.routing;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.AttemptsLayer;
import io.selvage.engine.flow.Clock;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Randomness;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.flow.Stack;
import io.selvage.engine.match.HostTable;
import io.selvage.engine.model.Mirror;
import io.selvage.engine.model.RouteAction;
import io.selvage.engine.model.WeightedCluster;
import io.selvage.engine.snapshot.CompiledRoute;
import io.selvage.engine.snapshot.MeshFacts;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Has a share of the requests also sent elsewhere, by the driver, through a small stack of its own;
 * the copy's authority ends in {@code -shadow}, as Envoy's.
 */
public final class MirrorLayer extends Layer {
  private final Stack shadow;
  private final Clock clock;
  private final Randomness random;
  private final LongAdder dropped;

  /**
   * @param dropped counts copies that were due and that the library's codec cannot make
   */
  public MirrorLayer(Stack shadow, Clock clock, Randomness random, LongAdder dropped) {
    this.shadow = shadow;
    this.clock = clock;
    this.random = random;
    this.dropped = dropped;
  }

  @Override
  protected @Nullable Action onRequest(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    CompiledRoute route = facts.compiledRoute;
    RouteAction.Forward forward = route == null ? null : route.forward();
    if (forward == null || forward.mirrors().isEmpty()) {
      return PASS;
    }
    for (Mirror mirror : forward.mirrors()) {
      if (facts.explaining) {
        facts.note("mirrors " + mirror.fraction() + " to " + mirror.cluster());
      } else if (random.hits(mirror.fraction())) {
        send(x, facts, mirror);
      }
    }
    return PASS;
  }

  private void send(Exchange x, MeshFacts facts, Mirror mirror) {
    RequestHead head = x.head().shadowCopy();
    if (head == null) {
      dropped.increment();
      return;
    }
    head.inherit(x.head());
    if (mirror.suffix()) {
      String authority = head.authority();
      String host = HostTable.withoutPort(authority);
      head.rewriteAuthority(host + "-shadow" + authority.substring(host.length()));
    }
    MeshFacts copy = facts.copy();
    copy.share = WeightedCluster.all(mirror.cluster());
    x.shadow(new Exchange(shadow, clock, head, copy));
  }

  /**
   * Copies are sent once. One that its library gave up before it was sent (a body beyond the bound,
   * no thread to send it) is counted as dropped.
   */
  public static final class Once extends AttemptsLayer {
    private final LongAdder dropped;

    public Once(LongAdder dropped) {
      this.dropped = dropped;
    }

    @Override
    protected @Nullable Action onOutcome(Exchange copy, Attempt a, Outcome outcome) {
      return FINAL;
    }

    @Override
    protected void onEnd(Exchange copy) {
      if (copy.attempts() == 0) {
        dropped.increment();
      }
    }
  }
}
