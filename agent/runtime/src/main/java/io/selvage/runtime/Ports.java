package io.selvage.runtime;

import io.selvage.engine.snapshot.PortMode;
import io.selvage.extension.PortPolicy;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The ports on which the application listens: which seam guards each, and whether it was seen to
 * hold. Any thread.
 */
final class Ports {
  /**
   * A port of the application.
   *
   * @param hole what a probe found wrong; null = nothing, or not probed yet
   */
  record Bound(String seam, @Nullable String hole) {}

  private final IntFunction<PortMode> configured;
  private final IntPredicate guarded;
  private final PortPolicy.Mode standard;
  private final Map<Integer, Bound> bound = new ConcurrentHashMap<>();
  private final Set<Integer> own = ConcurrentHashMap.newKeySet();
  private volatile Runnable changed = () -> {};
  private volatile @Nullable PortProbe probe;

  /**
   * @param guarded whether a port has rules of who may do what
   * @param standard for ports of which the control plane has said nothing
   */
  Ports(IntFunction<PortMode> configured, IntPredicate guarded, PortPolicy.Mode standard) {
    this.configured = configured;
    this.guarded = guarded;
    this.standard = standard;
  }

  /** Told after each change; and who probes. */
  void watch(PortProbe prober, Runnable onChange) {
    probe = prober;
    changed = onChange;
  }

  /** A port of the agent itself, which is never meshed. */
  void own(int port) {
    own.add(port);
  }

  boolean isOwn(int port) {
    return own.contains(port);
  }

  PortPolicy policy(int port) {
    if (own.contains(port)) {
      return new PortPolicy(PortPolicy.Mode.DISABLE, true);
    }
    PortPolicy policy =
        switch (configured.apply(port)) {
          case STRICT -> new PortPolicy(PortPolicy.Mode.STRICT, true);
          case STRICT_BUT_FOR_PATHS -> new PortPolicy(PortPolicy.Mode.STRICT, true, true);
          case PERMISSIVE -> new PortPolicy(PortPolicy.Mode.PERMISSIVE, true);
          case DISABLE -> new PortPolicy(PortPolicy.Mode.DISABLE, true);
          case UNKNOWN -> new PortPolicy(standard, false);
        };
    return policy.known() ? policy.withRules(guarded.test(port)) : policy;
  }

  void listening(int port, String seam) {
    if (port <= 0 || own.contains(port)) {
      return;
    }
    bound.put(port, new Bound(seam, null));
    changed.run();
    PortProbe prober = probe;
    if (prober != null) {
      prober.later(port, this);
    }
  }

  void closed(int port) {
    if (bound.remove(port) != null) {
      changed.run();
    }
  }

  /** Probes all again: the configuration may demand more now. */
  void probeAgain() {
    PortProbe prober = probe;
    if (prober != null) {
      bound.keySet().forEach(port -> prober.later(port, this));
    }
  }

  /** What a probe found; null = the port holds. */
  void probed(int port, @Nullable String hole) {
    Bound now = bound.computeIfPresent(port, (p, b) -> new Bound(b.seam(), hole));
    if (now != null) {
      changed.run();
    }
  }

  /** In order of their numbers. */
  SortedMap<Integer, Bound> bound() {
    return new TreeMap<>(bound);
  }

  /** Ports that STRICT demands to be closed to plaintext and that were seen not to be. */
  SortedMap<Integer, String> unprotected() {
    SortedMap<Integer, String> found = new TreeMap<>();
    bound.forEach(
        (port, b) -> {
          if (b.hole() != null) {
            found.put(port, b.hole());
          }
        });
    return found;
  }
}
