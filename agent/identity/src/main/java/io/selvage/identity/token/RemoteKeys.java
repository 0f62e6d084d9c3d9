package io.selvage.identity.token;

import io.selvage.engine.model.JwtProvider;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Keys that are fetched: refreshed in the background while the old ones still serve, for up to 24
 * hours of failure; fetched early for a key id that is not known, at most every 30 seconds. Any
 * thread; never blocks.
 */
final class RemoteKeys {
  /** How long keys serve while none can be fetched. */
  static final Duration STALE = Duration.ofHours(24);

  /** How often a key id that is not known may cause a fetch. */
  static final Duration UNKNOWN_KEY = Duration.ofSeconds(30);

  private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
  private static final Duration LAST_RETRY = Duration.ofMinutes(1);

  private final JwtProvider.RemoteKeys source;
  private final KeyFetch fetch;
  private final LongSupplier nanos;
  private final BiConsumer<String, String> report;
  private volatile @Nullable Fetched current;
  private @Nullable CompletableFuture<?> underWay;
  private long notBefore;
  private long triedAt;
  private boolean tried;
  private Duration retry = FIRST_RETRY;

  private record Fetched(KeySet keys, long at) {}

  RemoteKeys(
      JwtProvider.RemoteKeys source,
      KeyFetch fetch,
      LongSupplier nanos,
      BiConsumer<String, String> report) {
    this.source = source;
    this.fetch = fetch;
    this.nanos = nanos;
    this.report = report;
    this.notBefore = nanos.getAsLong();
  }

  /** The keys that count now; null = none were ever fetched, or too long ago. */
  @Nullable KeySet keys() {
    Fetched known = current;
    if (known == null) {
      return null;
    }
    long age = nanos.getAsLong() - known.at;
    if (age >= source.freshFor().toNanos()) {
      var unused = refresh();
    }
    return age < STALE.toNanos() ? known.keys : null;
  }

  /** Starts a fetch unless one is under way or it is too early; null = nothing to wait for. */
  synchronized @Nullable CompletionStage<?> refresh() {
    if (underWay != null) {
      return underWay;
    }
    long now = nanos.getAsLong();
    if (now - notBefore < 0) {
      return null;
    }
    tried = true;
    triedAt = now;
    notBefore = now + retry.toNanos();
    CompletableFuture<@Nullable Object> done = new CompletableFuture<>();
    underWay = done;
    fetched(done);
    return done;
  }

  /** The same for a key that is not among those known, at most every 30 seconds. */
  synchronized @Nullable CompletionStage<?> refreshForUnknown() {
    if (underWay == null && tried && nanos.getAsLong() - triedAt < UNKNOWN_KEY.toNanos()) {
      return null;
    }
    return refresh();
  }

  private void fetched(CompletableFuture<@Nullable Object> done) {
    CompletionStage<String> text;
    try {
      text = fetch.fetch(source.uri(), source.timeout());
    } catch (RuntimeException bug) {
      text = CompletableFuture.failedFuture(bug);
    }
    var unused =
        text.thenApply(RemoteKeys::read)
            .whenComplete(
                (keys, failure) -> {
                  took(keys, failure);
                  done.complete(null);
                });
  }

  private static KeySet read(String text) {
    try {
      return KeySet.of(text);
    } catch (java.text.ParseException wrong) {
      throw new CompletionException(wrong);
    }
  }

  private synchronized void took(@Nullable KeySet keys, @Nullable Throwable failure) {
    underWay = null;
    if (keys != null) {
      current = new Fetched(keys, nanos.getAsLong());
      retry = FIRST_RETRY;
      notBefore = nanos.getAsLong();
      return;
    }
    notBefore = nanos.getAsLong() + retry.toNanos();
    Duration doubled = retry.multipliedBy(2);
    retry = doubled.compareTo(LAST_RETRY) < 0 ? doubled : LAST_RETRY;
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    report.accept(
        "SELV-5230",
        "(RequestAuthentication jwksUri "
            + source.uri()
            + ") no keys could be fetched; "
            + (cause == null ? "unknown" : cause.getMessage())
            + (current == null
                ? "; tokens of this issuer are refused"
                : "; the last ones serve for up to 24 hours")
            + ". Fix: see that the address answers with a JWK set");
  }
}
