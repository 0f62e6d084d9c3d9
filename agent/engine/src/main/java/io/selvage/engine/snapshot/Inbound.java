package io.selvage.engine.snapshot;

import io.selvage.engine.model.FilterChain;
import io.selvage.engine.model.FilterChain.Transport;
import io.selvage.engine.model.WorkloadPolicy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds the filter chain of an inbound connection: chains of its port, else those of any port;
 * among them the one for its transport.
 */
public final class Inbound {
  private final Map<Integer, List<CompiledChain>> byPort = new HashMap<>();
  private final List<CompiledChain> anyPort;
  private final WorkloadPolicy own;
  private final List<CompiledLane> lanes;
  private final Limiters limits;

  Inbound(
      List<CompiledChain> chains, WorkloadPolicy own, List<CompiledLane> lanes, Limiters limits) {
    this.own = own;
    this.limits = limits;
    this.lanes = List.copyOf(lanes);
    for (CompiledChain chain : chains) {
      byPort.computeIfAbsent(chain.chain().port(), port -> new ArrayList<>()).add(chain);
    }
    List<CompiledChain> any = byPort.remove(0);
    anyPort = any == null ? List.of() : any;
  }

  /** What our own kinds say of this workload. */
  public WorkloadPolicy own() {
    return own;
  }

  /** What the workload lets through, whatever the port. */
  public Limiters limits() {
    return limits;
  }

  /** Rules that put requests into lanes; in order. */
  public List<CompiledLane> lanes() {
    return lanes;
  }

  /** The chains that concern a port; empty when the control plane has said nothing of it. */
  public List<CompiledChain> chains(int port) {
    return byPort.getOrDefault(port, anyPort);
  }

  /**
   * The chain of a connection; null when none takes it.
   *
   * @param http whether requests are seen: chains that see them come first
   */
  public @Nullable CompiledChain find(int port, boolean tls, boolean http) {
    CompiledChain second = null;
    for (CompiledChain chain : chains(port)) {
      Transport transport = chain.chain().transport();
      if (transport == Transport.ANY || (transport == Transport.TLS) == tls) {
        if (!http || chain.chain().http() != null) {
          return chain;
        }
        second = second == null ? chain : second;
      }
    }
    return second;
  }

  /** Whether one of a port's chains has authorization, or asks for tokens. */
  public boolean isGuarded(int port) {
    for (CompiledChain chain : chains(port)) {
      boolean ruled = !chain.rbac().isEmpty() || !chain.networkRbac().isEmpty();
      if (ruled || chain.tokens() != null) {
        return true;
      }
    }
    return false;
  }

  /** What connections to a port must look like. */
  public PortMode mode(int port) {
    boolean tls = false;
    boolean raw = false;
    boolean exempt = false;
    for (CompiledChain chain : chains(port)) {
      FilterChain.Transport transport = chain.chain().transport();
      tls |= transport != Transport.RAW && chain.requiresIdentity();
      exempt |= chain.chain().exempt();
      raw |= transport != Transport.TLS && !chain.chain().exempt();
    }
    if (tls) {
      if (raw) {
        return PortMode.PERMISSIVE;
      }
      return exempt ? PortMode.STRICT_BUT_FOR_PATHS : PortMode.STRICT;
    }
    return raw ? PortMode.DISABLE : PortMode.UNKNOWN;
  }
}
