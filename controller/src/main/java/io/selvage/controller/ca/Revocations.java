package io.selvage.controller.ca;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Identities and certificates that are no longer accepted, kept in {@code revocations.json}; on
 * disk before a change is answered. Thread-safe.
 *
 * <p>An identity stays revoked until somebody lifts it. A serial number is forgotten once the
 * certificate must have expired.
 */
public final class Revocations {
  private static final String FILE = "revocations.json";
  private static final int MAX = 10_000;
  private static final ObjectMapper JSON = new ObjectMapper();
  private final PrivateFolder folder;
  private final Clock clock;
  private final Duration longestLeaf;
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

  /**
   * One revocation.
   *
   * @param what a SPIFFE id or a serial number in lower-case hexadecimal
   * @param until when it is forgotten; null = never
   */
  public record Entry(
      String what, String reason, String by, Instant since, @Nullable Instant until) {
    boolean isId() {
      return what.startsWith("spiffe:");
    }
  }

  private Revocations(PrivateFolder folder, Clock clock, Duration longestLeaf) {
    this.folder = folder;
    this.clock = clock;
    this.longestLeaf = longestLeaf;
  }

  /**
   * Opens what is kept in {@code folder}.
   *
   * @param longestLeaf no certificate is valid longer than this
   * @throws CodedException SELV-4142 where the file is damaged: starting without it would let the
   *     revoked in again
   */
  public static Revocations open(PrivateFolder folder, Clock clock, Duration longestLeaf) {
    Revocations revocations = new Revocations(folder, clock, longestLeaf);
    if (folder.has(FILE)) {
      revocations.read(folder.readSecret(FILE));
    }
    return revocations;
  }

  /** Calls {@code listener} after each change, on the changing thread. */
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }

  /**
   * Revokes; saying it twice changes nothing.
   *
   * @param what a SPIFFE id, or a serial number in hexadecimal (colons allowed)
   * @throws CodedException SELV-4140 where it is neither, SELV-4143 where there are too many
   */
  public Entry revoke(String what, String reason, String by) {
    String key = normal(what);
    Entry made;
    synchronized (this) {
      forgetOld();
      Entry known = entries.get(key);
      if (known != null) {
        return known;
      }
      if (entries.size() >= MAX) {
        throw new CodedException(
            "SELV-4143",
            "there are " + MAX + " revocations. Fix: rotate the root, or lift old ones.");
      }
      Instant now = clock.instant();
      boolean id = key.startsWith("spiffe:");
      made = new Entry(key, reason, by, now, id ? null : now.plus(longestLeaf).plusSeconds(600));
      entries.put(key, made);
      try {
        save();
      } catch (RuntimeException notOnDisk) {
        entries.remove(key);
        throw notOnDisk;
      }
    }
    listeners.forEach(Runnable::run);
    return made;
  }

  /**
   * Accepts again.
   *
   * @throws CodedException SELV-4140 where {@code what} is no id and no serial, SELV-4144 where it
   *     is not revoked
   */
  public Entry lift(String what) {
    String key = normal(what);
    Entry lifted;
    synchronized (this) {
      lifted = entries.remove(key);
      if (lifted == null) {
        throw new CodedException(
            "SELV-4144", key + " is not revoked. Fix: 'selvage revoke --list' shows what is.");
      }
      try {
        save();
      } catch (RuntimeException notOnDisk) {
        entries.put(key, lifted);
        throw notOnDisk;
      }
    }
    listeners.forEach(Runnable::run);
    return lifted;
  }

  /** All, oldest first. */
  public synchronized List<Entry> all() {
    return new ArrayList<>(entries.values());
  }

  /** Whether an identity may have no certificate. */
  public synchronized boolean isRevoked(SpiffeId id) {
    return entries.containsKey(id.toString());
  }

  /** What members are told, with {@code lists} of the authorities. */
  public synchronized TrustBundle.Revoked told(List<String> lists) {
    Set<String> ids = new LinkedHashSet<>();
    Set<String> serials = new LinkedHashSet<>();
    entries.values().forEach(e -> (e.isId() ? ids : serials).add(e.what()));
    return new TrustBundle.Revoked(ids, serials, lists);
  }

  static String normal(String what) {
    String text = what.strip();
    if (text.startsWith("spiffe:")) {
      return foreign(text)
          .orElseThrow(
              () ->
                  new CodedException(
                      "SELV-4140",
                      "'"
                          + text
                          + "' is no SPIFFE id of a workload. Fix: spiffe://DOMAIN/ns/NAMESPACE/sa/"
                          + "ACCOUNT, as 'selvage status' shows it."));
    }
    String hex = text.replace(":", "").toLowerCase(Locale.ROOT).replaceFirst("^0+(?=.)", "");
    if (!hex.matches("[0-9a-f]{1,40}")) {
      throw new CodedException(
          "SELV-4140",
          "'"
              + text
              + "' is neither a SPIFFE id nor a serial number in hexadecimal. Fix: take it"
              + " from 'selvage status -o json'.");
    }
    return hex;
  }

  private static Optional<String> foreign(String text) {
    return SpiffeId.parse(text).map(SpiffeId::toString);
  }

  private void forgetOld() {
    Instant now = clock.instant();
    entries
        .values()
        .removeIf(
            e -> {
              Instant until = e.until();
              return until != null && until.isBefore(now);
            });
  }

  private void save() {
    ArrayNode all = JSON.createArrayNode();
    for (Entry each : entries.values()) {
      all.add(json(each));
    }
    folder.write(FILE, all.toString());
  }

  /** The form of the API and of the file. */
  public static ObjectNode json(Entry entry) {
    ObjectNode node = JSON.createObjectNode();
    node.put(entry.isId() ? "spiffeId" : "serial", entry.what());
    node.put("reason", entry.reason()).put("by", entry.by());
    node.put("since", entry.since().toString());
    Instant until = entry.until();
    if (until != null) {
      node.put("until", until.toString());
    }
    return node;
  }

  private void read(String text) {
    try {
      for (JsonNode node : JSON.readTree(text)) {
        String what = normal(node.path("spiffeId").asText(node.path("serial").asText()));
        entries.put(
            what,
            new Entry(
                what,
                node.path("reason").asText(),
                node.path("by").asText(),
                Instant.parse(node.path("since").asText()),
                node.has("until") ? Instant.parse(node.path("until").asText()) : null));
      }
    } catch (JsonProcessingException | CodedException | java.time.DateTimeException e) {
      throw new CodedException(
          "SELV-4142",
          FILE
              + " cannot be read, so nobody would be revoked; "
              + e.getMessage()
              + ". Fix: restore it from a backup, or remove it if nothing was revoked.",
          e);
    }
  }
}
