package io.selvage.engine.snapshot;

import io.selvage.engine.model.CircuitBreakers;
import io.selvage.engine.model.OutlierDetection;
import io.selvage.engine.model.RoutingPriority;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** What this JVM knows of one cluster, across pushes. Any thread. */
public final class ClusterState {
  private final String name;
  private final Map<String, EndpointState> endpoints = new ConcurrentHashMap<>();
  private final AtomicInteger healthVersion = new AtomicInteger();

  /** What is under way for routes of one priority; each has limits of its own. */
  public static final class Load {
    /** Attempts under way; what request limits compare. */
    public final AtomicInteger requests = new AtomicInteger();

    /** Retries that were decided and are not over. */
    public final AtomicInteger retries = new AtomicInteger();

    /** Raw connections under way. */
    public final AtomicInteger connections = new AtomicInteger();

    private volatile @Nullable RequestWindow window;

    /** A request was begun; counted where the budget is a share of what was begun lately. */
    public void begun(CircuitBreakers breakers, long now) {
      CircuitBreakers.RetryBudget budget = breakers.retryBudget();
      if (budget != null && budget.interval() != null) {
        window(budget.interval(), now).add(now);
      }
    }

    /**
     * Counts a retry if the limit or the budget allows it; give it back by decrementing {@link
     * #retries}. The budget is a share of what is under way, the failed attempt included, or of
     * what was begun during the budget's interval, as Envoy counts.
     */
    public boolean takeRetry(CircuitBreakers breakers, long now) {
      for (; ; ) {
        int base = budgetBase(breakers, now);
        int limit = retryLimit(breakers, base);
        int taken = retries.get();
        if (taken < limit) {
          // never above the limit, not even for a moment: another would be refused what is free
          if (retries.compareAndSet(taken, taken + 1)) {
            return true;
          }
        } else if (budgetBase(breakers, now) == base) {
          return false;
        }
      }
    }

    private int budgetBase(CircuitBreakers breakers, long now) {
      CircuitBreakers.RetryBudget budget = breakers.retryBudget();
      return budget == null || budget.interval() == null
          ? requests.get()
          : window(budget.interval(), now).count(now);
    }

    /** The window of this interval; another interval begins anew. */
    private RequestWindow window(Duration interval, long now) {
      RequestWindow known = window;
      if (known != null && known.interval().equals(interval)) {
        return known;
      }
      synchronized (this) {
        known = window;
        if (known == null || !known.interval().equals(interval)) {
          known = new RequestWindow(interval, now);
          window = known;
        }
        return known;
      }
    }

    private static int retryLimit(CircuitBreakers breakers, int base) {
      CircuitBreakers.RetryBudget budget = breakers.retryBudget();
      return budget == null
          ? breakers.maxRetries()
          : Math.max(budget.minConcurrency(), (int) (budget.fraction() * base));
    }
  }

  private final Load standard = new Load();
  private final Load high = new Load();

  /** {@link Load#requests} of the default priority. */
  public final AtomicInteger requests = standard.requests;

  /** {@link Load#retries} of the default priority. */
  public final AtomicInteger retries = standard.retries;

  /** {@link Load#connections} of the default priority. */
  public final AtomicInteger connections = standard.connections;

  /** True while one thread sweeps; the others go on. */
  public final AtomicBoolean sweeping = new AtomicBoolean();

  private volatile boolean used;

  /** Refusals by a limit. */
  public final LongAdder overflows = new LongAdder();

  /** Ejections so far. */
  public final LongAdder ejections = new LongAdder();

  /** The next moment at which ejected endpoints are looked at; 0 = not set. */
  public final AtomicLong nextSweepNanos = new AtomicLong();

  private final Map<Class<?>, Object> kept = new ConcurrentHashMap<>();

  ClusterState(String name) {
    this.name = name;
  }

  public String name() {
    return name;
  }

  /** What is under way for routes of a priority. */
  public Load load(RoutingPriority priority) {
    return priority == RoutingPriority.DEFAULT ? standard : high;
  }

  /** What the layers of one concern keep for the cluster; null until {@link #keep}. */
  public <T> @Nullable T kept(Class<T> type) {
    return type.cast(kept.get(type));
  }

  /** Keeps something for the cluster in place of {@code before}; returns what is kept then. */
  public <T> T keep(Class<T> type, @Nullable T before, T next) {
    Object now = kept.merge(type, next, (old, made) -> old == before ? made : old);
    return type.cast(now);
  }

  /** Whether anything was ever sent to it: what is not used need not be prepared. */
  public boolean wasUsed() {
    return used;
  }

  public void used() {
    if (!used) {
      used = true;
    }
  }

  /** Changes whenever an endpoint is ejected or comes back, so that host sets are built anew. */
  public int healthVersion() {
    return healthVersion.get();
  }

  public void healthChanged() {
    healthVersion.incrementAndGet();
  }

  EndpointState endpoint(String address) {
    return endpoints.computeIfAbsent(address, EndpointState::new);
  }

  /** Sweeps begin with detection and end, with all that was ejected taken back, with it. */
  void detect(@Nullable OutlierDetection detection, long now) {
    if (detection == null) {
      nextSweepNanos.set(0);
      returnAll();
      return;
    }
    long soonest = now + Math.max(1, detection.interval().toNanos());
    nextSweepNanos.updateAndGet(due -> due == 0 || due - soonest > 0 ? soonest : due);
  }

  private void returnAll() {
    for (EndpointState endpoint : endpoints.values()) {
      synchronized (endpoint) {
        if (endpoint.ejected) {
          endpoint.ejected = false;
          healthChanged();
        }
        endpoint.ejections = 0;
      }
    }
  }

  /** Lets all endpoints in again that a breaker of their own kept out: there is none any more. */
  void forgetBreakers() {
    for (EndpointState endpoint : endpoints.values()) {
      endpoint.breaker = null;
      if (endpoint.refusing) {
        endpoint.refusing = false;
        healthChanged();
      }
    }
  }

  void retain(Set<String> addresses) {
    endpoints.keySet().retainAll(addresses);
  }
}
