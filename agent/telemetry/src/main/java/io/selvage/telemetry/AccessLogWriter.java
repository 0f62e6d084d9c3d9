package io.selvage.telemetry;

import io.selvage.engine.observing.AccessLog;
import io.selvage.engine.observing.AccessRecord;
import io.selvage.engine.observing.AuditRecord;
import io.selvage.engine.observing.AuditSink;
import java.io.BufferedOutputStream;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Writes one line of JSON for each request, and each line of the audit of databases, on a thread of
 * its own.
 *
 * <p>A full queue drops lines and counts them; a file that cannot be written is tried again with
 * the next batch. A file grows to 10 MiB, is renamed to {@code *.1} and begun anew, so two files at
 * most. {@link #close} writes what is queued.
 */
public final class AccessLogWriter implements AccessLog, AuditSink, AutoCloseable {
  private static final int QUEUE = 8_192;
  private static final long MAX_BYTES = 10L << 20;

  /** Where lines go. */
  public sealed interface Target {}

  /** A file, rotated. Its folder must exist. */
  public record ToFile(File file) implements Target {}

  /** The process's standard output or error. */
  public record ToStream(OutputStream stream) implements Target {}

  private final Target target;
  private final BlockingQueue<Record> queue = new ArrayBlockingQueue<>(QUEUE);
  private final LongAdder dropped = new LongAdder();
  private final Thread thread;
  private volatile boolean closed;
  private @Nullable OutputStream out;
  private long written;

  public AccessLogWriter(Target target) {
    this.target = target;
    this.thread = new Thread(this::write, "selvage-access-log");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void record(AccessRecord line) {
    if (!queue.offer(line)) {
      dropped.increment();
    }
  }

  @Override
  public void record(AuditRecord line) {
    if (!queue.offer(line)) {
      dropped.increment();
    }
  }

  private static String line(Record record) {
    return record instanceof AuditRecord audit
        ? AuditLine.of(audit)
        : AccessLine.of((AccessRecord) record);
  }

  /** Lines that found the queue full or the file unwritable. */
  public long dropped() {
    return dropped.sum();
  }

  private void write() {
    while (!closed || !queue.isEmpty()) {
      try {
        Record first = queue.poll(500, TimeUnit.MILLISECONDS);
        if (first != null) {
          batch(first);
        }
      } catch (InterruptedException stop) {
        closed = true;
      }
    }
    shut();
  }

  private void batch(Record first) {
    Record next = first;
    try {
      OutputStream to = open();
      while (next != null) {
        byte[] line = (line(next) + "\n").getBytes(StandardCharsets.UTF_8);
        to.write(line);
        written += line.length;
        next = written > MAX_BYTES ? null : queue.poll();
      }
      to.flush();
      if (written > MAX_BYTES) {
        rotate();
      }
    } catch (IOException | RuntimeException failed) {
      dropped.increment();
      shut();
    }
  }

  private OutputStream open() throws IOException {
    OutputStream current = out;
    if (current == null) {
      if (target instanceof ToFile to) {
        written = to.file().length();
        current = new BufferedOutputStream(new FileOutputStream(to.file(), true), 1 << 16);
      } else {
        current = ((ToStream) target).stream();
      }
      out = current;
    }
    return current;
  }

  private void rotate() {
    shut();
    written = 0;
    if (target instanceof ToFile to) {
      File old = new File(to.file().getPath() + ".1");
      if ((old.exists() && !old.delete()) || !to.file().renameTo(old)) {
        dropped.increment();
      }
    }
  }

  private void shut() {
    OutputStream current = out;
    out = null;
    if (current != null && target instanceof ToFile) {
      try {
        current.close();
      } catch (IOException gone) {
        dropped.increment();
      }
    }
  }

  /** Writes what is queued, waiting 2 s at most. */
  @Override
  public void close() {
    closed = true;
    try {
      thread.join(2_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
