package io.selvage.runtime;

import io.selvage.engine.model.Cluster;
import io.selvage.engine.snapshot.HostNames;
import io.selvage.engine.snapshot.HostNames.Question;
import io.selvage.extension.Intent;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Keeps the addresses of names that clusters are made of, off the request path: asks anew every
 * refresh interval, keeps what was found last when nothing is found, and tells of changes only.
 *
 * <p>Source: Envoy {@code StrictDnsClusterImpl}. The JVM's resolver is asked, which tells no time
 * to live: it keeps answers itself for {@code networkaddress.cache.ttl}.
 */
final class NameResolution implements AutoCloseable {
  private static final int THREADS = 2;

  /** Asks for all addresses of a name. */
  interface Lookup {
    InetAddress[] all(String host) throws UnknownHostException;
  }

  private static final class Watched {
    Cluster.Dns how;
    int failures;
    ScheduledFuture<?> next;

    Watched(Cluster.Dns how, ScheduledFuture<?> next) {
      this.how = how;
      this.next = next;
    }
  }

  private final Lookup lookup;
  private final Consumer<HostNames> changed;
  private final ScheduledThreadPoolExecutor threads;
  private final Map<Question, Watched> watched = new HashMap<>();
  private final Map<Question, List<String>> found = new HashMap<>();

  NameResolution(Lookup lookup, Consumer<HostNames> changed) {
    this.lookup = lookup;
    this.changed = changed;
    threads =
        new ScheduledThreadPoolExecutor(
            THREADS,
            task -> {
              Thread thread = new Thread(task, "selvage-names");
              thread.setDaemon(true);
              return thread;
            });
    threads.setRemoveOnCancelPolicy(true);
    threads.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    threads.setKeepAliveTime(1, TimeUnit.MINUTES);
    threads.allowCoreThreadTimeOut(true);
  }

  /** The JVM's resolver, past the names of the mesh: virtual addresses lead nowhere from here. */
  static InetAddress[] system(String host) throws UnknownHostException {
    try (Intent own = Intent.bypass()) {
      return InetAddress.getAllByName(host);
    }
  }

  /** From now on these names are watched, and no others. */
  synchronized void watch(Map<Question, Cluster.Dns> asked) {
    watched
        .entrySet()
        .removeIf(
            entry -> {
              boolean gone = !asked.containsKey(entry.getKey());
              if (gone) {
                entry.getValue().next.cancel(false);
                found.remove(entry.getKey());
              }
              return gone;
            });
    asked.forEach(
        (question, how) -> {
          Watched known = watched.get(question);
          if (known == null) {
            watched.put(question, new Watched(how, after(question, Duration.ZERO)));
          } else {
            known.how = how;
          }
        });
  }

  private ScheduledFuture<?> after(Question question, Duration delay) {
    return threads.schedule(() -> ask(question), delay.toNanos(), TimeUnit.NANOSECONDS);
  }

  private void ask(Question question) {
    List<String> addresses;
    try {
      addresses = wanted(lookup.all(question.host()), question.family());
    } catch (UnknownHostException | RuntimeException nothing) {
      addresses = List.of();
    }
    answered(question, addresses);
  }

  // told under the lock, so that nobody hears of an older answer after a newer one
  private synchronized void answered(Question question, List<String> addresses) {
    Watched known = watched.get(question);
    if (known == null || threads.isShutdown()) {
      return;
    }
    known.failures = addresses.isEmpty() ? known.failures + 1 : 0;
    known.next = after(question, delay(known));
    // what was found last is kept: a resolver that fails says nothing of the hosts
    if (!addresses.isEmpty() && !addresses.equals(found.put(question, addresses))) {
      changed.accept(new HostNames(found));
    }
  }

  private static Duration delay(Watched known) {
    if (known.failures == 0) {
      return known.how.refresh();
    }
    Duration grown =
        known.how.failureRefresh().multipliedBy(1L << Math.min(known.failures - 1, 20));
    return grown.compareTo(known.how.failureLongest()) < 0 ? grown : known.how.failureLongest();
  }

  /** In a stable order, so that another order is no change. */
  private static List<String> wanted(InetAddress[] all, Cluster.Family family) {
    List<String> four = new ArrayList<>();
    List<String> six = new ArrayList<>();
    for (InetAddress address : all) {
      (address instanceof Inet6Address ? six : four).add(text(address));
    }
    List<String> wanted =
        switch (family) {
          case V4_ONLY -> four;
          case V6_ONLY -> six;
          case V4_PREFERRED -> four.isEmpty() ? six : four;
          case AUTO -> six.isEmpty() ? four : six;
          case ALL -> {
            four.addAll(six);
            yield four;
          }
        };
    return wanted.stream().distinct().sorted().toList();
  }

  private static String text(InetAddress address) {
    String text = address.getHostAddress();
    int scope = text.indexOf('%');
    return scope < 0 ? text : text.substring(0, scope);
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
