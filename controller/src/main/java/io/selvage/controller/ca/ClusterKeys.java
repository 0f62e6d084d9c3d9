package io.selvage.controller.ca;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys with which a cluster signs tokens (RFC 7517), from a file or by HTTPS. Thread-safe.
 *
 * <p>Read again for a key that is not known, at most every 30 s; where that fails, the last good
 * set stays for 24 h.
 */
public final class ClusterKeys {
  private static final Logger LOG = LoggerFactory.getLogger(ClusterKeys.class);
  private static final Duration PAUSE = Duration.ofSeconds(30);
  private static final Duration REFRESH = Duration.ofMinutes(20);
  private static final Duration STALE = Duration.ofHours(24);
  private final Supplier<String> source;
  private final Clock clock;
  private JWKSet set = new JWKSet();
  private Instant read = Instant.EPOCH;
  private Instant tried = Instant.EPOCH;

  private ClusterKeys(Supplier<String> source, Clock clock) {
    this.source = source;
    this.clock = clock;
  }

  /** From a file, which may be replaced while we run. */
  public static ClusterKeys file(Path path, Clock clock) {
    return new ClusterKeys(
        () -> {
          try {
            return Files.readString(path);
          } catch (IOException e) {
            throw new CodedException(
                "SELV-4156",
                "the key set " + path + " cannot be read; " + e + ". Fix: give a readable file.",
                e);
          }
        },
        clock);
  }

  /** From the cluster's {@code /openid/v1/jwks}. */
  public static ClusterKeys fetched(BundleFetch.Source from, BundleFetch fetch, Clock clock) {
    return new ClusterKeys(() -> fetch.fetch(from), clock);
  }

  /** The key of that id; without an id the only key there is. */
  synchronized @Nullable JWK find(String id) {
    Instant now = clock.instant();
    JWK known = among(id);
    boolean due = known == null || now.isAfter(read.plus(REFRESH));
    if (due && now.isAfter(tried.plus(PAUSE))) {
      tried = now;
      readAgain(now);
      known = among(id);
    }
    return now.isAfter(read.plus(STALE)) ? null : known;
  }

  private void readAgain(Instant now) {
    try {
      set = JWKSet.parse(source.get());
      read = now;
    } catch (ParseException e) {
      LOG.warn("[SELV-4156] the cluster's key set is no JWK set ({})", e.getMessage());
    } catch (CodedException e) {
      LOG.warn("{} (keys of the cluster; the last good ones stay for a day)", e.getMessage());
    }
  }

  private @Nullable JWK among(String id) {
    List<JWK> fit =
        set.getKeys().stream()
            .filter(k -> k.getKeyUse() == null || k.getKeyUse().equals(KeyUse.SIGNATURE))
            .filter(k -> id.isEmpty() || id.equals(k.getKeyID()))
            .toList();
    return fit.size() == 1 ? fit.get(0) : null;
  }
}
