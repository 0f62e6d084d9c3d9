package io.selvage.runtime;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Whether the ports that the workload has declared are open, so that nobody is sent to an
 * application that still starts. A seam tells of most; what no seam knows is tried by connecting,
 * twice a second until it answers. Any thread.
 */
final class Readiness {
  private static final int TIMEOUT_MILLIS = 200;
  private static final int PERIOD_MILLIS = 500;

  private final Ports ports;
  private final WorkloadFacts workload;
  private final Set<Integer> reached = ConcurrentHashMap.newKeySet();
  private final Unprotected action;
  private volatile boolean draining;

  /** What follows when STRICT is demanded of a port that was seen not to be protected. */
  enum Unprotected {
    /** It is reported. */
    WARN,
    /** And nobody is sent here. */
    REFUSE
  }

  Readiness(Ports ports, WorkloadFacts workload, Unprotected action) {
    this.ports = ports;
    this.workload = workload;
    this.action = action;
  }

  boolean isReady() {
    boolean refused = action == Unprotected.REFUSE && !ports.unprotected().isEmpty();
    return !draining && !refused && missing().isEmpty();
  }

  /** No longer ready, for good. */
  void drain() {
    draining = true;
  }

  private Set<Integer> missing() {
    Set<Integer> missing = new java.util.TreeSet<>();
    for (WorkloadFacts.Port port : workload.ports()) {
      if (!reached.contains(port.target()) && !ports.bound().containsKey(port.target())) {
        missing.add(port.target());
      }
    }
    return missing;
  }

  /** Tries until all are open. */
  void watch(
      ScheduledExecutorService timer, java.util.concurrent.Executor blocking, Runnable changed) {
    Set<Integer> missing = missing();
    if (missing.isEmpty() || draining) {
      return;
    }
    try {
      blocking.execute(
          () -> {
            for (int port : missing) {
              if (answers(port)) {
                reached.add(port);
                changed.run();
              }
            }
          });
      timer.schedule(() -> watch(timer, blocking, changed), PERIOD_MILLIS, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException closing) {
      // nobody asks any more
    }
  }

  private static boolean answers(int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), TIMEOUT_MILLIS);
      return true;
    } catch (IOException closed) {
      return false;
    }
  }
}
