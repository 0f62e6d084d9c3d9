package io.selvage.controller.registry;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Workloads by open ADS streams: the stream is the registration (contract, section 3).
 *
 * <p>A clean close removes at once, a broken stream after the grace time. After a restart of the
 * controller the workloads known before are kept for a grace time, until they are back. Call {@link
 * #tick()} about once a second. Thread-safe.
 */
public final class Registry {
  private static final Logger LOG = LoggerFactory.getLogger(Registry.class);
  private static final ObjectMapper JSON =
      new ObjectMapper().configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false);
  private static final int MAX_WORKLOADS = 100_000;
  private final Path file;
  private final long graceNanos;
  private final long restartGraceNanos;
  private final LongSupplier nanoTime;
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private final Map<Object, String> byStream = new LinkedHashMap<>();
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private volatile List<RegisteredWorkload> snapshot = List.of();
  private boolean dirty;

  private static final class Entry {
    WorkloadNode node;
    boolean ready = true;
    final Set<Object> streams = new HashSet<>();
    long goneAtNanos;

    Entry(WorkloadNode node) {
      this.node = node;
    }
  }

  private Registry(Path file, Duration grace, Duration restartGrace, LongSupplier nanoTime) {
    this.file = file;
    this.graceNanos = grace.toNanos();
    this.restartGraceNanos = restartGrace.toNanos();
    this.nanoTime = nanoTime;
  }

  /**
   * Opens the registry.
   *
   * @param file where known workloads are kept for the next start; damage there is logged and the
   *     registry starts empty
   * @param grace how long a workload outlives its broken stream
   * @param restartGrace how long a workload known from the file waits for its stream
   */
  public static Registry open(
      Path file, Duration grace, Duration restartGrace, LongSupplier nanoTime) {
    Registry registry = new Registry(file, grace, restartGrace, nanoTime);
    registry.read();
    return registry;
  }

  private synchronized void read() {
    if (!Files.exists(file)) {
      return;
    }
    try {
      WorkloadNode[] nodes = JSON.readValue(file.toFile(), WorkloadNode[].class);
      for (WorkloadNode node : nodes) {
        Entry entry = new Entry(node);
        entry.goneAtNanos = nanoTime.getAsLong() + restartGraceNanos;
        entries.put(key(node), entry);
      }
      publish();
    } catch (IOException | RuntimeException e) {
      entries.clear();
      LOG.warn(
          "[SELV-7310] {} cannot be read; {}. Workloads come back as their agents reconnect. Fix:"
              + " none needed.",
          file,
          e.getMessage());
    }
  }

  // one listening socket is one workload: a restarted process takes the place of its predecessor
  private static String key(WorkloadNode node) {
    int port = node.ports().isEmpty() ? 0 : node.ports().get(0).target();
    return node.namespace() + "/" + node.service() + "/" + node.address() + ":" + port;
  }

  /** A stream of this node opened; nodes without a service register nothing. */
  public void opened(Object stream, WorkloadNode node) {
    if (node.service().isEmpty()) {
      return;
    }
    synchronized (this) {
      String key = key(node);
      Entry entry = entries.get(key);
      if (entry == null) {
        if (entries.size() >= MAX_WORKLOADS) {
          LOG.warn("[SELV-7311] more than {} workloads; {} is left out", MAX_WORKLOADS, node.id());
          return;
        }
        entry = new Entry(node);
        entries.put(key, entry);
      }
      if (!entry.node.instance().equals(node.instance())) {
        entry.ready = true;
      }
      entry.node = node;
      entry.streams.add(stream);
      entry.goneAtNanos = 0;
      byStream.put(stream, key);
      publish();
    }
    changed();
  }

  /** The agent on this stream says whether its application takes requests. */
  public void reported(Object stream, boolean ready) {
    synchronized (this) {
      Entry entry = entryOf(stream);
      if (entry == null || entry.ready == ready) {
        return;
      }
      entry.ready = ready;
      publish();
    }
    changed();
  }

  private @org.jspecify.annotations.Nullable Entry entryOf(Object stream) {
    String key = byStream.get(stream);
    return key == null ? null : entries.get(key);
  }

  /** The stream ended; {@code clean} where the agent said goodbye. */
  public void closed(Object stream, boolean clean) {
    synchronized (this) {
      Entry entry = entryOf(stream);
      String key = byStream.remove(stream);
      if (entry == null || key == null) {
        return;
      }
      entry.streams.remove(stream);
      if (!entry.streams.isEmpty()) {
        return;
      }
      if (!clean) {
        entry.goneAtNanos = nanoTime.getAsLong() + graceNanos;
        return;
      }
      entries.remove(key);
      publish();
    }
    changed();
  }

  /** Drops workloads whose grace is over and writes the file when something changed. */
  public void tick() {
    boolean dropped;
    synchronized (this) {
      long now = nanoTime.getAsLong();
      dropped = entries.values().removeIf(e -> e.streams.isEmpty() && now - e.goneAtNanos >= 0);
      if (dropped) {
        publish();
      }
    }
    if (dropped) {
      changed();
    }
    save();
  }

  private void save() {
    List<WorkloadNode> nodes;
    synchronized (this) {
      if (!dirty) {
        return;
      }
      dirty = false;
      nodes = snapshot.stream().map(RegisteredWorkload::node).toList();
    }
    try {
      Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
      JSON.writeValue(temporary.toFile(), nodes);
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      LOG.warn("[SELV-7312] {} cannot be written; {}. Fix: make room.", file, e.getMessage());
    }
  }

  private void publish() {
    dirty = true;
    List<RegisteredWorkload> all = new ArrayList<>(entries.size());
    entries.values().forEach(e -> all.add(new RegisteredWorkload(e.node, e.ready)));
    snapshot = List.copyOf(all);
  }

  /** All workloads at this moment, in order of registration. */
  public List<RegisteredWorkload> workloads() {
    return snapshot;
  }

  /** Calls {@code listener} after each change, on the thread that made it. */
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }

  private void changed() {
    listeners.forEach(Runnable::run);
  }
}
