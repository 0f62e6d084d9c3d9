package io.selvage.controller.ca;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Join tokens {@code slv1.<id>.<secret>.<pin>}: bound to an identity, a number of uses and an
 * expiry.
 *
 * <p>Only the SHA-256 of the secret is kept. Redeeming is atomic and on disk before it is answered,
 * so a token of one use is good for one certificate, also across a restart. Thread-safe.
 */
public final class JoinTokens {
  private static final String FILE = "join-tokens.json";
  private static final String PREFIX = "slv1";
  private static final int SECRET_BYTES = 32;
  private static final int ID_BYTES = 9;
  private static final int MAX_TOKENS = 10_000;
  // spent and expired tokens are remembered this long, so that a refusal can say which it is
  private static final Duration REMEMBERED = Duration.ofHours(24);
  private static final ObjectMapper JSON = new ObjectMapper();
  private final PrivateFolder folder;
  private final Clock clock;
  private final SecureRandom random = new SecureRandom();
  private final Map<String, Entry> entries = new LinkedHashMap<>();

  private record Entry(byte[] digest, SpiffeId identity, int usesLeft, Instant expires) {
    Entry used() {
      return new Entry(digest, identity, usesLeft - 1, expires);
    }
  }

  private record Found(String id, Entry entry) {}

  /** A new token and when it stops working. */
  public record Created(String token, Instant expires) {}

  private JoinTokens(PrivateFolder folder, Clock clock) {
    this.folder = folder;
    this.clock = clock;
  }

  /** Opens the tokens kept in {@code folder}. */
  public static JoinTokens open(PrivateFolder folder, Clock clock) {
    JoinTokens tokens = new JoinTokens(folder, clock);
    if (folder.has(FILE)) {
      tokens.read(folder.readSecret(FILE));
    }
    return tokens;
  }

  /**
   * Makes a token; when this returns it is on disk.
   *
   * @param pin of the root, from {@link TrustBundle#pin}
   * @throws IllegalArgumentException where uses or lifetime are not positive
   * @throws CodedException SELV-4105 where too many tokens are open
   */
  public synchronized Created create(SpiffeId identity, int uses, Duration lifetime, String pin) {
    if (uses < 1 || lifetime.isNegative() || lifetime.isZero()) {
      throw new IllegalArgumentException("want uses >= 1 and a positive lifetime");
    }
    forgetOld();
    if (entries.size() >= MAX_TOKENS) {
      throw new CodedException(
          "SELV-4105", "there are " + MAX_TOKENS + " join tokens. Fix: use one with more uses.");
    }
    byte[] secret = new byte[SECRET_BYTES];
    byte[] idBytes = new byte[ID_BYTES];
    random.nextBytes(secret);
    random.nextBytes(idBytes);
    String id = encode(idBytes);
    Instant expires = clock.instant().plus(lifetime);
    entries.put(id, new Entry(sha256(secret), identity, uses, expires));
    try {
      save();
    } catch (RuntimeException notOnDisk) {
      entries.remove(id);
      throw notOnDisk;
    }
    return new Created(PREFIX + "." + id + "." + encode(secret) + "." + pin, expires);
  }

  /**
   * The identity behind a token that could be redeemed now; takes no use.
   *
   * @throws CodedException SELV-4101 unknown, SELV-4102 used, SELV-4103 expired
   */
  public synchronized SpiffeId check(String token) {
    return redeemable(token).entry().identity();
  }

  /**
   * Takes one use of a token; when this returns, that is on disk.
   *
   * @throws CodedException SELV-4101 unknown, SELV-4102 used, SELV-4103 expired
   */
  public synchronized SpiffeId redeem(String token) {
    Found found = redeemable(token);
    entries.put(found.id(), found.entry().used());
    try {
      save();
    } catch (RuntimeException notOnDisk) {
      entries.put(found.id(), found.entry());
      throw notOnDisk;
    }
    return found.entry().identity();
  }

  private Found redeemable(String token) {
    String[] parts = token.split("\\.", -1);
    Entry entry = parts.length == 4 && parts[0].equals(PREFIX) ? entries.get(parts[1]) : null;
    byte[] secret = parts.length == 4 ? decode(parts[2]) : null;
    // an unknown id costs the same digest as a known one, and says the same
    byte[] digest = sha256(secret == null ? new byte[SECRET_BYTES] : secret);
    if (entry == null || secret == null || !MessageDigest.isEqual(digest, entry.digest())) {
      throw new CodedException(
          "SELV-4101",
          "the join token is unknown to this controller. Fix: make one with 'selvage token"
              + " create' on the controller that the workload joins.");
    }
    if (entry.usesLeft() < 1) {
      throw new CodedException(
          "SELV-4102",
          "the join token is used up. Fix: make a new one with 'selvage token create'; for several"
              + " starts give it more uses.");
    }
    if (!clock.instant().isBefore(entry.expires())) {
      throw new CodedException(
          "SELV-4103",
          "the join token expired at "
              + entry.expires()
              + ". Fix: make a new one with 'selvage token create'.");
    }
    return new Found(parts[1], entry);
  }

  /** The public part of a token; {@code ?} where it has another form. */
  static String idOf(String token) {
    String[] parts = token.split("\\.", -1);
    return parts.length == 4 && parts[1].matches("[A-Za-z0-9_-]{1,32}") ? parts[1] : "?";
  }

  private void forgetOld() {
    Instant limit = clock.instant().minus(REMEMBERED);
    entries.values().removeIf(e -> e.expires().isBefore(limit));
  }

  private void save() {
    ArrayNode all = JSON.createArrayNode();
    entries.forEach(
        (id, e) -> {
          ObjectNode node = all.addObject();
          node.put("id", id);
          node.put("sha256", encode(e.digest()));
          node.put("identity", e.identity().toString());
          node.put("usesLeft", e.usesLeft());
          node.put("expires", e.expires().toString());
        });
    folder.write(FILE, all.toString());
  }

  private void read(String text) {
    try {
      for (JsonNode node : JSON.readTree(text)) {
        byte[] digest = decode(node.path("sha256").asText());
        SpiffeId identity = SpiffeId.parse(node.path("identity").asText()).orElse(null);
        if (digest == null || identity == null) {
          throw new IllegalArgumentException("an entry is incomplete");
        }
        entries.put(
            node.path("id").asText(),
            new Entry(
                digest,
                identity,
                node.path("usesLeft").asInt(),
                Instant.parse(node.path("expires").asText())));
      }
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw new CodedException(
          "SELV-4106",
          FILE + " cannot be read; " + e.getMessage() + ". Fix: delete it and make new tokens.",
          e);
    } catch (java.time.DateTimeException e) {
      throw new CodedException(
          "SELV-4106", FILE + " holds a bad date. Fix: delete it and make new tokens.", e);
    }
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every Java runtime", e);
    }
  }

  private static String encode(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static byte @Nullable [] decode(String text) {
    try {
      return Base64.getUrlDecoder().decode(text.getBytes(StandardCharsets.ISO_8859_1));
    } catch (IllegalArgumentException notBase64) {
      return null;
    }
  }
}
