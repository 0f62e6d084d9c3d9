package io.selvage.smoke;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * Sends a bounded number of requests and counts the answers by a label. Plain HTTP/1.1 over
 * loopback.
 */
public final class Load {
  private static final HttpClient CLIENT =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();

  private Load() {}

  /** Counts by label, and latencies in nanoseconds in no order. */
  public record Answers(Map<String, Integer> byLabel, List<Long> nanos) {
    public int of(String label) {
      return byLabel.getOrDefault(label, 0);
    }

    public int total() {
      return byLabel.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** Median latency in milliseconds. */
    public double medianMillis() {
      List<Long> sorted = nanos.stream().sorted().toList();
      return sorted.isEmpty() ? 0 : sorted.get(sorted.size() / 2) / 1e6;
    }
  }

  /** One GET. */
  public static HttpResponse<String> get(String url, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(30));
    for (int i = 0; i + 1 < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    return send(request.build());
  }

  /** One POST of text. */
  public static HttpResponse<String> post(String url, String body) {
    return send(
        HttpRequest.newBuilder(URI.create(url))
            .timeout(Duration.ofSeconds(30))
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  private static HttpResponse<String> send(HttpRequest request) {
    try {
      return CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** {@code count} GETs from {@code threads} threads, as fast as they go. */
  public static Answers run(
      String url, int count, int threads, Function<HttpResponse<String>, String> label) {
    return run(url, count, threads, 0, label);
  }

  /**
   * The same at a rate per second (0 = as fast as they go). A request that fails is labelled by its
   * exception.
   */
  public static Answers run(
      String url,
      int count,
      int threads,
      int perSecond,
      Function<HttpResponse<String>, String> label) {
    Map<String, Integer> labels = new TreeMap<>();
    List<Long> nanos = new ArrayList<>();
    AtomicInteger next = new AtomicInteger();
    AtomicLong start = new AtomicLong(System.nanoTime());
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    for (int t = 0; t < threads; t++) {
      pool.execute(
          () -> {
            for (int i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
              if (perSecond > 0) {
                long due = start.get() + (long) (i * 1e9 / perSecond);
                Waiting.pause(Duration.ofNanos(Math.max(0, due - System.nanoTime())));
              }
              long begun = System.nanoTime();
              String result;
              try {
                result = label.apply(get(url));
              } catch (RuntimeException e) {
                result = String.valueOf(e.getCause() == null ? e : e.getCause());
              }
              long took = System.nanoTime() - begun;
              synchronized (labels) {
                labels.merge(result, 1, Integer::sum);
                nanos.add(took);
              }
            }
          });
    }
    pool.shutdown();
    try {
      if (!pool.awaitTermination(15, TimeUnit.MINUTES)) {
        throw new IllegalStateException("load did not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return new Answers(labels, nanos);
  }
}
