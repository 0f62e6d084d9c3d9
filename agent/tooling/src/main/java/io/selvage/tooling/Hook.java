package io.selvage.tooling;

import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.MutableCallSite;
import java.util.ArrayList;
import java.util.List;

/**
 * One advice class in one woven class: its call sites, and what to do when it throws. Thread-safe.
 *
 * <p>Advice that throws is a fault of ours: the library's own behaviour goes on, the fault is
 * counted, and after {@link #TOLERATED} faults the advice is taken out of its call sites. Advice of
 * a security seam refuses the call instead and stays.
 */
final class Hook {
  static final int TOLERATED = 20;

  private static final long WINDOW_NANOS = 60_000_000_000L;

  private final SeamFile file;
  private final String target;
  private final String advice;
  private final boolean security;
  private final WeaveReport report;
  private final List<MutableCallSite> sites = new ArrayList<>();
  private int faults;
  private long firstFaultNanos;
  private boolean off;

  Hook(SeamFile file, CallSiteConstants constants, WeaveReport report) {
    this.file = file;
    this.target = constants.target();
    this.advice = constants.advice();
    this.security = constants.security();
    this.report = report;
  }

  /** Remembers a linked call site, so that it can be switched off. */
  synchronized void linked(MutableCallSite site) {
    if (off) {
      site.setTarget(MethodHandles.empty(site.type()));
    } else {
      sites.add(site);
    }
  }

  /**
   * Called by the woven method when its advice threw.
   *
   * @param kind what the woven method may throw: {@code io}, {@code sql} or anything else
   * @throws Throwable the refusal, for a security seam
   */
  @SuppressWarnings("unused") // by method handle
  void threw(String kind, Throwable fault) throws Throwable {
    boolean off = count();
    report.threw(file, target, advice, security, fault, off);
    if (security) {
      throw refusal(kind, advice, fault);
    }
  }

  private synchronized boolean count() {
    long now = System.nanoTime();
    if (faults == 0 || now - firstFaultNanos > WINDOW_NANOS) {
      faults = 0;
      firstFaultNanos = now;
    }
    faults++;
    if (security || off || faults < TOLERATED) {
      return false;
    }
    off = true;
    for (MutableCallSite site : sites) {
      site.setTarget(MethodHandles.empty(site.type()));
    }
    MutableCallSite.syncAll(sites.toArray(MutableCallSite[]::new));
    sites.clear();
    return true;
  }

  /** What the application gets when a security seam cannot do its work. */
  static Throwable refusal(String kind, String advice, Throwable fault) {
    String text =
        "[SELV-2004] the mesh refuses this call: its security seam "
            + advice
            + " does not work; "
            + fault
            + ". Fix: see the agent's seams in 'selvage status'";
    return switch (kind) {
      case "io" -> new IOException(text, fault);
      case "sql" -> Sql.refusal(text, fault);
      default -> new IllegalStateException(text, fault);
    };
  }

  /** The handle for {@link #threw}, of type {@code (Throwable)void}. */
  MethodHandle onFault(String kind) throws ReflectiveOperationException {
    return MethodHandles.insertArguments(
        MethodHandles.lookup()
            .findVirtual(
                Hook.class,
                "threw",
                MethodType.methodType(void.class, String.class, Throwable.class)),
        0,
        this,
        kind);
  }

  /** Apart, because a run-time image may lack {@code java.sql}. */
  private static final class Sql {
    static Throwable refusal(String text, Throwable fault) {
      return new java.sql.SQLException(text, fault);
    }
  }
}
