package io.selvage.telemetry;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporterBuilder;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.selvage.engine.observing.SpanRecord;
import io.selvage.engine.observing.SpanSink;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Sends spans in batches by OTLP over HTTP (https://opentelemetry.io/docs/specs/otlp/).
 *
 * <p>A full queue drops spans and counts them; a collector that is away never slows a request. The
 * exporter is made with the first span, so that a JVM that calls nobody does not pay for it.
 */
public final class OtlpSpans implements SpanSink, AutoCloseable {
  private static final int QUEUE = 4_096;
  private static final int BATCH = 512;
  private static final long DELAY_MILLIS = 1_000;

  private final OtlpSettings settings;
  private final UnaryOperator<Runnable> unmeshed;
  private final BlockingQueue<SpanRecord> queue = new ArrayBlockingQueue<>(QUEUE);
  private final LongAdder dropped = new LongAdder();
  private final LongAdder sent = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final Thread thread;
  private volatile boolean closed;

  /**
   * @param unmeshed wraps what a thread of the exporter runs, so that the agent's own connections
   *     are left alone
   */
  public OtlpSpans(OtlpSettings settings, UnaryOperator<Runnable> unmeshed) {
    this.settings = settings;
    this.unmeshed = unmeshed;
    this.thread = new Thread(unmeshed.apply(this::export), "selvage-spans");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void ended(SpanRecord span) {
    if (!queue.offer(span)) {
      dropped.increment();
    }
  }

  /** Spans that found the queue full. */
  public long dropped() {
    return dropped.sum();
  }

  /** Spans that the collector took. */
  public long sent() {
    return sent.sum();
  }

  /** Spans that the collector refused or that did not reach it. */
  public long refused() {
    return refused.sum();
  }

  private void export() {
    SpanExporter exporter = null;
    Resource resource = Resource.create(attributes());
    while (!closed || !queue.isEmpty()) {
      List<SpanData> batch = batch(resource);
      if (batch.isEmpty()) {
        continue;
      }
      try {
        if (exporter == null) {
          exporter = exporter();
        }
        CompletableResultCode result = exporter.export(batch);
        result.join(settings.timeout().toMillis() + 1_000, TimeUnit.MILLISECONDS);
        (result.isSuccess() ? sent : refused).add(batch.size());
      } catch (RuntimeException failed) {
        refused.add(batch.size());
      }
    }
    if (exporter != null) {
      exporter.shutdown().join(1, TimeUnit.SECONDS);
    }
  }

  /** Waits for a first span, then a moment for its companions. */
  private List<SpanData> batch(Resource resource) {
    List<SpanData> batch = new ArrayList<>();
    try {
      SpanRecord next = queue.poll(DELAY_MILLIS, TimeUnit.MILLISECONDS);
      long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(closed ? 0 : DELAY_MILLIS / 4);
      while (next != null && batch.size() < BATCH) {
        batch.add(new SpanDataView(next, resource));
        next = queue.poll(Math.max(0, until - System.nanoTime()), TimeUnit.NANOSECONDS);
      }
      if (next != null) {
        batch.add(new SpanDataView(next, resource));
      }
    } catch (InterruptedException stop) {
      closed = true;
    }
    return batch;
  }

  private SpanExporter exporter() {
    AtomicInteger number = new AtomicInteger();
    ExecutorService threads =
        Executors.newFixedThreadPool(
            1,
            work -> {
              Thread t =
                  new Thread(unmeshed.apply(work), "selvage-otlp-" + number.incrementAndGet());
              t.setDaemon(true);
              return t;
            });
    OtlpHttpSpanExporterBuilder builder =
        OtlpHttpSpanExporter.builder()
            .setEndpoint(settings.tracesEndpoint())
            .setTimeout(settings.timeout())
            .setCompression(settings.gzip() ? "gzip" : "none")
            .setServiceClassLoader(OtlpSpans.class.getClassLoader())
            .setExecutorService(threads);
    settings.headers().forEach(builder::addHeader);
    return builder.build();
  }

  private Attributes attributes() {
    AttributesBuilder builder = Attributes.builder();
    settings.resource().forEach(builder::put);
    builder.put("telemetry.distro.name", "selvage");
    return builder.build();
  }

  /** Sends what is queued, waiting 2 s at most. */
  @Override
  public void close() {
    closed = true;
    try {
      thread.join(2_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** For tests and health: whether the exporting thread still runs. */
  @Nullable Thread thread() {
    return thread.isAlive() ? thread : null;
  }
}
