package io.selvage.controller.translate;

import io.selvage.controller.registry.WorkloadNode;
import io.selvage.controller.resource.Kinds;
import io.selvage.controller.resource.view.PeerAuthentication;
import io.selvage.controller.resource.view.PeerAuthentication.Mode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Mutual TLS mode of a workload's port: port over workload over namespace over mesh, the oldest
 * resource of a level; PERMISSIVE where nobody says (Istio's PeerAuthentication).
 */
final class PeerModes {
  private final Mode base;
  private final @Nullable PeerAuthentication ofWorkload;
  private final boolean closed;
  private final List<PeerAuthentication.PlaintextPath> exempt;

  PeerModes(MeshView view, WorkloadNode node) {
    this(
        view.peerAuthentications(),
        view.settings().rootNamespace(),
        !view.unreadable(Kinds.PEER_AUTHENTICATION, node.namespace()).isEmpty(),
        node);
  }

  /**
   * @param all oldest first
   * @param closed whether a policy that concerns the workload cannot be read
   */
  PeerModes(List<PeerAuthentication> all, String rootNamespace, boolean closed, WorkloadNode node) {
    PeerAuthentication mesh = null;
    PeerAuthentication namespace = null;
    PeerAuthentication workload = null;
    for (PeerAuthentication each : all) {
      boolean everyone = each.selector().isEmpty();
      boolean root = each.source().namespace().equals(rootNamespace);
      boolean own = each.source().namespace().equals(node.namespace());
      if (root && everyone && mesh == null) {
        mesh = each;
      }
      if (own && everyone && namespace == null && !root) {
        namespace = each;
      }
      if (own
          && !everyone
          && workload == null
          && ServiceIndex.matches(each.selector(), node.labels())) {
        workload = each;
      }
    }
    Mode mode = Mode.PERMISSIVE;
    mode = over(mode, mesh);
    mode = over(mode, namespace);
    mode = over(mode, workload);
    this.base = mode;
    this.ofWorkload = workload;
    this.exempt = nearest(workload, namespace, mesh);
    // a policy that cannot be read must not leave the door open
    this.closed = closed;
  }

  /** The exemptions of the nearest policy that names any. */
  private static List<PeerAuthentication.PlaintextPath> nearest(
      @Nullable PeerAuthentication... inward) {
    for (PeerAuthentication each : inward) {
      if (each != null && !each.plaintextPaths().isEmpty()) {
        return each.plaintextPaths();
      }
    }
    return List.of();
  }

  /** Paths that may be asked for in plaintext on a port that is STRICT otherwise. */
  List<String> plaintextPaths(int port) {
    if (closed || of(port) != Mode.STRICT) {
      return List.of();
    }
    return exempt.stream()
        .filter(p -> p.port() == 0 || p.port() == port)
        .map(PeerAuthentication.PlaintextPath::path)
        .distinct()
        .toList();
  }

  private static Mode over(Mode inherited, @Nullable PeerAuthentication next) {
    return next == null || next.mode() == Mode.UNSET ? inherited : next.mode();
  }

  /** The mode of a port that the workload listens on. */
  Mode of(int port) {
    if (closed) {
      return Mode.STRICT;
    }
    Mode own = ofWorkload == null ? null : ofWorkload.portLevel().get(port);
    return own == null || own == Mode.UNSET ? base : own;
  }
}
