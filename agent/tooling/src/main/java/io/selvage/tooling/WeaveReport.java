package io.selvage.tooling;

import java.security.ProtectionDomain;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What became of every seam. Thread-safe; holds text and numbers only, so it keeps no loader and no
 * library object alive.
 *
 * <p>Listeners hear of each new fault once, in a message with its code, on the thread that met it:
 * they must be quick.
 */
public final class WeaveReport {
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private final Set<String> seen = new HashSet<>();
  private final List<Consumer<String>> listeners = new CopyOnWriteArrayList<>();

  private static final class Entry {
    final SeamFile file;
    final String target;
    final String advice;
    final boolean security;
    int woven;
    int linked;
    int faults;
    SeamStatus.State fault = SeamStatus.State.WAITING;
    @Nullable String reason;
    @Nullable String location;
    @Nullable String version;

    Entry(SeamFile file, String target, String advice, boolean security) {
      this.file = file;
      this.target = target;
      this.advice = advice;
      this.security = security;
    }

    SeamStatus status() {
      SeamStatus.State state =
          fault != SeamStatus.State.WAITING
              ? fault
              : linked > 0
                  ? SeamStatus.State.LINKED
                  : woven > 0 ? SeamStatus.State.WOVEN : SeamStatus.State.WAITING;
      return new SeamStatus(
          file.name(),
          file.library().coordinates(),
          version,
          target,
          advice,
          security,
          state,
          woven,
          linked,
          faults,
          reason);
    }
  }

  /** Hears of each new fault, as {@code WARN [SELV-2xxx] …}. */
  public void onFault(Consumer<String> listener) {
    listeners.add(listener);
  }

  /**
   * Every seam that was declared or met. Looks up library versions that are not known yet: reads
   * jar files, so keep it off request threads.
   */
  public List<SeamStatus> snapshot() {
    List<Entry> open;
    synchronized (this) {
      open =
          entries.values().stream()
              .filter(
                  e -> e.version == null && e.woven + e.faults + e.linked > 0 || e.reason != null)
              .toList();
    }
    for (Entry entry : open) {
      String version = LibraryVersion.of(entry.file.library(), entry.location);
      synchronized (this) {
        entry.version = version;
      }
    }
    synchronized (this) {
      return entries.values().stream().map(Entry::status).toList();
    }
  }

  /** The seams that somebody should look at. */
  public List<SeamStatus> faults() {
    return snapshot().stream().filter(SeamStatus::isFault).toList();
  }

  private synchronized Entry entry(SeamFile file, String target, String advice, boolean security) {
    String key = file.name() + " " + target + " " + advice;
    Entry entry = entries.get(key);
    if (entry == null) {
      entry = new Entry(file, target, advice, security);
      entries.put(key, entry);
    }
    return entry;
  }

  synchronized void declared(SeamFile file, Seam seam) {
    var unused = entry(file, seam.target(), seam.advice(), seam.security());
  }

  synchronized void woven(
      SeamFile file, Seam seam, String target, @Nullable ProtectionDomain domain) {
    Entry entry = entry(file, target, seam.advice(), seam.security());
    entry.woven++;
    if (entry.location == null) {
      entry.location = LibraryVersion.location(domain);
    }
  }

  synchronized void linked(SeamFile file, String target, String advice, boolean security) {
    entry(file, target, advice, security).linked++;
  }

  /** The weaver looked at the class, whatever came of it. */
  synchronized void seen(String target) {
    seen.add(target);
  }

  /** Whether the weaver ever looked at a class of that name. */
  synchronized boolean isSeen(String target) {
    return seen.contains(target);
  }

  /** Whether that advice was ever put into a class of that name. */
  synchronized boolean isWoven(SeamFile file, String target, String advice) {
    Entry entry = entries.get(file.name() + " " + target + " " + advice);
    return entry != null && entry.woven > 0;
  }

  /** Takes back a fault that is over. */
  synchronized void isThereAgain(SeamFile file, String target, String advice, String reason) {
    Entry entry = entries.get(file.name() + " " + target + " " + advice);
    if (entry != null && reason.equals(entry.reason)) {
      entry.reason = null;
      entry.fault = SeamStatus.State.WAITING;
    }
  }

  void refused(
      SeamFile file, Seam seam, String target, @Nullable ProtectionDomain domain, String reason) {
    synchronized (this) {
      Entry entry = entry(file, target, seam.advice(), seam.security());
      if (entry.location == null) {
        entry.location = LibraryVersion.location(domain);
      }
    }
    if (isNew(SeamStatus.State.REFUSED, file, target, seam.advice(), seam.security(), reason)) {
      say(
          "WARN [SELV-2002] (Instrumentation "
              + file.name()
              + ") "
              + what(target, seam.advice(), seam.security())
              + " is not instrumented; "
              + reason
              + ". Fix: use a supported version of "
              + file.library().coordinates()
              + ", or set selvage.instrumentation."
              + file.name()
              + ".enabled=false");
    }
  }

  void failed(SeamFile file, String target, String advice, boolean security, String reason) {
    if (isNew(SeamStatus.State.FAILED, file, target, advice, security, reason)) {
      say(
          "WARN [SELV-2003] (Instrumentation "
              + file.name()
              + ") "
              + what(target, advice, security)
              + " is not instrumented as it should be; "
              + reason
              + ". Fix: report it with the version of "
              + file.library().coordinates()
              + ", or set selvage.instrumentation."
              + file.name()
              + ".enabled=false");
    }
  }

  void threw(
      SeamFile file, String target, String advice, boolean security, Throwable fault, boolean off) {
    String reason = "advice threw " + fault + at(fault) + (off ? "; it is switched off now" : "");
    boolean first;
    synchronized (this) {
      first = entry(file, target, advice, security).faults++ == 0;
    }
    if ((first || off) && isNew(SeamStatus.State.FAILED, file, target, advice, security, reason)) {
      say(
          "WARN [SELV-2005] (Instrumentation "
              + file.name()
              + ") "
              + what(target, advice, security)
              + " goes on without the mesh, or refuses where security demands it; "
              + reason
              + ". Fix: report it with the version of "
              + file.library().coordinates()
              + ", or set selvage.instrumentation."
              + file.name()
              + ".enabled=false");
    }
  }

  private static String what(String target, String advice, boolean security) {
    return target
        + " ("
        + advice.substring(advice.lastIndexOf('.') + 1)
        + (security ? ", a security seam: its traffic counts as unprotected)" : ")");
  }

  private static String at(Throwable fault) {
    StackTraceElement[] trace = fault.getStackTrace();
    return trace.length == 0 ? "" : " at " + trace[0];
  }

  private synchronized boolean isNew(
      SeamStatus.State state,
      SeamFile file,
      String target,
      String advice,
      boolean security,
      String reason) {
    Entry entry = entry(file, target, advice, security);
    if (reason.equals(entry.reason)) {
      return false;
    }
    entry.fault = state;
    entry.reason = reason;
    return true;
  }

  private void say(String message) {
    for (Consumer<String> listener : listeners) {
      listener.accept(message);
    }
  }
}
