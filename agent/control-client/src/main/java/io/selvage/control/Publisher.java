package io.selvage.control;

import io.selvage.engine.model.MeshConfig;
import io.selvage.identity.TrustBundle;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Publishes what is at hand when it is complete: make before break. What refers to something that
 * does not come is published anyway after two seconds, as one missing cluster must not hold up the
 * rest. Not thread-safe: the control thread's.
 */
final class Publisher {
  private static final long PATIENCE_MILLIS = 2_000;

  private final ResourceStore store;
  private final ScheduledExecutorService control;
  private final ControlEvents events;
  private final ConfigAssembly assembly = new ConfigAssembly();
  private final Set<String> warned = new HashSet<>();
  private @Nullable ScheduledFuture<?> impatient;
  private Set<String> givenUp = Set.of();
  private boolean scheduled;
  private @Nullable MeshConfig last;
  private @Nullable TrustBundle lastTrust;
  private Runnable published = () -> {};
  private Supplier<Set<String>> missing = Set::of;

  Publisher(ResourceStore store, ScheduledExecutorService control, ControlEvents events) {
    this.store = store;
    this.control = control;
    this.events = events;
  }

  /** Told after each publication; and who knows what has not come yet. */
  void watch(Runnable onPublished, Supplier<Set<String>> stillMissing) {
    published = onPublished;
    missing = stillMissing;
  }

  /** Publishes soon: after what is queued on the control thread now, so that a burst is one. */
  void soon() {
    trust();
    if (!scheduled) {
      scheduled = true;
      control.execute(this::attempt);
    }
  }

  private void attempt() {
    scheduled = false;
    // what did not come in time once must not hold up every later change
    if (!givenUp.containsAll(missing.get())) {
      if (impatient == null) {
        impatient = control.schedule(this::now, PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
      }
      return;
    }
    now();
  }

  /** Publishes what is there. */
  void now() {
    if (impatient != null) {
      impatient.cancel(false);
      impatient = null;
    }
    trust();
    givenUp = missing.get();
    MeshConfig config = assembly.assemble(store);
    if (!config.equals(last)) {
      last = config;
      for (String reason : events.publish(config)) {
        warn(
            "(Engine) part of the configuration is not in force; "
                + reason
                + ". Fix: correct the resource that it comes from");
      }
      for (String warning : warnings()) {
        warn("(xDS) " + warning + ". Fix: none is needed if the mesh does without it");
      }
    }
    published.run();
  }

  private void warn(String text) {
    if (warned.size() < 1_000 && warned.add(text)) {
      events.log("WARN [" + ControlCodes.LEFT_OUT + "] " + text);
    }
  }

  private void trust() {
    TrustBundle bundle = TrustBundle.NONE;
    for (ResourceStore.Held held : store.all(ResourceType.TRUST).values()) {
      if (held.value() instanceof TrustBundle one) {
        bundle = bundle.and(one);
      }
    }
    if (!bundle.isEmpty() && !bundle.equals(lastTrust)) {
      lastTrust = bundle;
      events.trust(bundle);
    }
  }

  /** Fields that were left out, with their resources. */
  List<String> warnings() {
    List<String> all = new ArrayList<>();
    for (ResourceType type : ResourceType.values()) {
      store
          .all(type)
          .forEach((name, held) -> held.warnings().forEach(w -> all.add(name + " " + w)));
    }
    return all;
  }
}
