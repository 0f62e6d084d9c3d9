package io.selvage.controller.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.store.Store;
import io.selvage.controller.store.StoreEvent;
import io.selvage.controller.store.StoreException;
import io.selvage.controller.store.StoreSnapshot;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Watches: one JSON object a line, from a revision on. Each holds one thread and a bounded queue; a
 * client that reads too slowly is cut off and lists again.
 */
final class Watches {
  private static final int MAX_WATCHES = 512;
  private static final int QUEUE = 4_096;
  private static final Duration BOOKMARK_INTERVAL = Duration.ofSeconds(30);

  private final Store store;
  private final Semaphore permits = new Semaphore(MAX_WATCHES);
  private volatile boolean stopping;

  Watches(Store store) {
    this.store = store;
  }

  void stop() {
    stopping = true;
  }

  void serve(Call call, Target target) throws IOException {
    if (!permits.tryAcquire()) {
      throw new ApiFailure(429, "TooManyRequests", "more than " + MAX_WATCHES + " watches");
    }
    try {
      stream(call, target);
    } finally {
      permits.release();
    }
  }

  private void stream(Call call, Target target) throws IOException {
    String version = call.query("resourceVersion");
    boolean initial = version.isEmpty() || version.equals("0") || call.flag("sendInitialEvents");
    StoreSnapshot snapshot = store.snapshot();
    long from = initial ? snapshot.revision() : revision(version);
    BlockingQueue<StoreEvent> queue = new ArrayBlockingQueue<>(QUEUE);
    AtomicBoolean overflowed = new AtomicBoolean();
    Predicate<Resource> selector = named(Reads.selector(call, target), target);
    Lines lines = new Lines(call, target);
    try (Store.Watch watch = store.watch(from, e -> offer(queue, overflowed, target, e))) {
      lines.open();
      if (initial) {
        for (Resource resource : snapshot.list(target.kind())) {
          if (selector.test(resource)) {
            lines.write("ADDED", resource);
          }
        }
        if (call.flag("sendInitialEvents")) {
          lines.bookmark(from, true);
        }
      }
      follow(lines, queue, overflowed, selector, deadline(call), from);
    } catch (StoreException e) {
      lines.error(ApiFailure.of(e, target.kind(), ""));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lines.close();
    }
  }

  private static void offer(
      BlockingQueue<StoreEvent> queue, AtomicBoolean overflowed, Target target, StoreEvent event) {
    if (event.resource().kind() == target.kind() && !queue.offer(event)) {
      overflowed.set(true);
    }
  }

  private static Predicate<Resource> named(Predicate<Resource> selector, Target target) {
    String name = target.name();
    return name.isEmpty() ? selector : selector.and(r -> r.name().equals(name));
  }

  private void follow(
      Lines lines,
      BlockingQueue<StoreEvent> queue,
      AtomicBoolean overflowed,
      Predicate<Resource> selector,
      long deadline,
      long from)
      throws IOException, InterruptedException {
    long lastRevision = from;
    long nextBookmark = System.nanoTime() + BOOKMARK_INTERVAL.toNanos();
    while (!stopping && System.nanoTime() - deadline < 0) {
      StoreEvent event = queue.poll(250, TimeUnit.MILLISECONDS);
      if (event != null) {
        lastRevision = event.revision();
        String type = typeFor(event, selector);
        if (type != null) {
          lines.write(type, event.resource());
        }
      } else if (overflowed.get()) {
        lines.error(new ApiFailure(410, "Expired", "too slow: list again and watch from there"));
        return;
      } else if (System.nanoTime() - nextBookmark >= 0) {
        nextBookmark = System.nanoTime() + BOOKMARK_INTERVAL.toNanos();
        lines.bookmark(lastRevision, false);
      }
    }
  }

  /**
   * What the change is to somebody who sees only what the selector lets through; null if nothing.
   */
  private static @Nullable String typeFor(StoreEvent event, Predicate<Resource> selector) {
    Resource previous = event.previous();
    boolean before = previous != null && selector.test(previous);
    boolean after = event.type() != StoreEvent.Type.DELETED && selector.test(event.resource());
    if (after) {
      return before ? "MODIFIED" : "ADDED";
    }
    return before ? "DELETED" : null;
  }

  private static long deadline(Call call) {
    String asked = call.query("timeoutSeconds");
    long seconds =
        asked.matches("[1-9][0-9]{0,5}")
            ? Long.parseLong(asked)
            : 1_800 + ThreadLocalRandom.current().nextInt(1_800);
    return System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
  }

  private static long revision(String version) {
    if (!version.matches("[0-9]{1,18}")) {
      throw ApiFailure.badRequest("Invalid value: \"" + version + "\": resourceVersion");
    }
    return Long.parseLong(version);
  }

  /** The body of one watch. */
  private static final class Lines {
    private final HttpExchange exchange;
    private final Target target;
    private final boolean tables;
    private final boolean bookmarks;
    private final String include;
    private @Nullable OutputStream out;

    Lines(Call call, Target target) {
      this.exchange = call.exchange();
      this.target = target;
      this.tables = Tables.wanted(call.header("Accept"));
      this.bookmarks = call.flag("allowWatchBookmarks");
      this.include = call.query("includeObject");
    }

    OutputStream open() throws IOException {
      OutputStream open = out;
      if (open == null) {
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.getResponseHeaders().set("Cache-Control", "no-cache, private");
        exchange.sendResponseHeaders(200, 0);
        open = exchange.getResponseBody();
        // the head goes out at once, so that a client knows that the watch stands
        open.flush();
        out = open;
      }
      return open;
    }

    void write(String type, Resource resource) throws IOException {
      ObjectNode meta = JsonNodeFactory.instance.objectNode();
      meta.put("resourceVersion", Long.toString(resource.resourceVersion()));
      line(
          type,
          tables
              ? Tables.table(target.kind(), target.version(), List.of(resource), include, meta)
              : Wire.object(resource, target.version()));
    }

    void bookmark(long revision, boolean initialEnd) throws IOException {
      if (!bookmarks) {
        return;
      }
      ObjectNode object = JsonNodeFactory.instance.objectNode();
      object.put("kind", target.kind().kind()).put("apiVersion", target.apiVersion());
      ObjectNode metadata = object.putObject("metadata");
      metadata.put("resourceVersion", Long.toString(revision)).putNull("creationTimestamp");
      if (initialEnd) {
        metadata.putObject("annotations").put("k8s.io/initial-events-end", "true");
      }
      if (!tables) {
        line("BOOKMARK", object);
      }
    }

    void error(ApiFailure failure) throws IOException {
      line("ERROR", failure.toStatus());
    }

    private void line(String type, ObjectNode object) throws IOException {
      ObjectNode event = JsonNodeFactory.instance.objectNode().put("type", type);
      event.set("object", object);
      OutputStream open = open();
      open.write((event + "\n").getBytes(StandardCharsets.UTF_8));
      open.flush();
    }

    void close() throws IOException {
      if (out != null) {
        out.close();
      }
    }
  }
}
