package io.selvage.controller.access;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.store.PrivateFiles;
import io.selvage.controller.store.StoreException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Static bearer tokens, of which only hashes are kept.
 *
 * <p>Tokens are 256 random bits, so an unsalted SHA-256 cannot be reversed. The file is a JSON list
 * of {@code {name, role: viewer|operator|security|admin, namespaces, expires, sha256}}, readable by
 * its owner alone. It is read again when it changes; a change that cannot be used leaves the last
 * good state and is logged. Thread-safe.
 */
public final class ApiTokens implements Authenticator {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final SecureRandom RANDOM = new SecureRandom();

  /**
   * One token.
   *
   * @param expires null = never
   */
  private record Entry(User user, String hash, @Nullable Instant expires) {}

  private final Clock clock;
  private final KeptFile<List<Entry>> entries;

  private ApiTokens(KeptFile<List<Entry>> entries, Clock clock) {
    this.entries = entries;
    this.clock = clock;
  }

  /** A new token; print it once, it is kept nowhere. */
  public static String newToken() {
    byte[] secret = new byte[32];
    RANDOM.nextBytes(secret);
    return "sla1." + Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
  }

  /**
   * Reads the token file.
   *
   * @throws StoreException DAMAGED with SELV-7020 if it cannot be read, is open to others or
   *     malformed
   */
  public static ApiTokens load(Path file, Clock clock) {
    return new ApiTokens(
        new KeptFile<>(
            "token file",
            file,
            "rw-------",
            ApiTokens::parse,
            "a JSON list of {name, role: viewer|operator|security|admin, namespaces, expires,"
                + " sha256}, mode 0600"),
        clock);
  }

  private static List<Entry> parse(byte[] content) throws IOException {
    List<Entry> entries = new ArrayList<>();
    JsonNode list = JSON.readTree(content);
    if (!list.isArray()) {
      throw new IllegalArgumentException("it is no list");
    }
    for (JsonNode entry : list) {
      entries.add(entry(entry));
    }
    return List.copyOf(entries);
  }

  private static Entry entry(JsonNode entry) {
    onlyFields(entry, Set.of("name", "role", "namespaces", "expires", "sha256"));
    String name = entry.path("name").asText("");
    String hash = entry.path("sha256").asText("");
    if (name.isEmpty() || Base64.getUrlDecoder().decode(hash).length != 32) {
      throw new IllegalArgumentException("an entry lacks name or sha256");
    }
    Grant grant =
        new Grant(Role.of(entry.path("role").asText("")), namespaces(entry.get("namespaces")));
    JsonNode expires = entry.get("expires");
    return new Entry(
        new User(name, List.of(grant)),
        hash,
        expires == null ? null : Instant.parse(expires.asText()));
  }

  /** A misspelt "namespaces" would give a role everywhere. */
  static void onlyFields(JsonNode entry, Set<String> known) {
    entry
        .fieldNames()
        .forEachRemaining(
            field -> {
              if (!known.contains(field)) {
                throw new IllegalArgumentException("unknown field \"" + field + "\"");
              }
            });
  }

  /** Absent = all of them; an empty list would be a slip and is refused. */
  static Set<String> namespaces(@Nullable JsonNode list) {
    if (list == null) {
      return Set.of();
    }
    Set<String> names = new java.util.LinkedHashSet<>();
    for (JsonNode name : list) {
      if (!name.asText("").matches("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")) {
        throw new IllegalArgumentException("namespaces: " + name + " is no namespace");
      }
      names.add(name.asText());
    }
    if (names.isEmpty()) {
      throw new IllegalArgumentException("namespaces is no list of names; leave it out for all");
    }
    return names;
  }

  /**
   * Adds a token to the file, making the file if absent, and returns the token.
   *
   * @param grant its role and where
   * @param expires null = never
   */
  public static String issue(Path file, String name, Grant grant, @Nullable Instant expires)
      throws IOException {
    ArrayNode list = JSON.createArrayNode();
    if (Files.exists(file) && JSON.readTree(Files.readAllBytes(file)) instanceof ArrayNode found) {
      list = found;
    }
    String token = newToken();
    ObjectNode entry = list.addObject();
    entry.put("name", name).put("role", grant.role().text());
    if (!grant.namespaces().isEmpty()) {
      grant.namespaces().stream().sorted().forEach(entry.putArray("namespaces")::add);
    }
    if (expires != null) {
      entry.put("expires", expires.toString());
    }
    entry.put("sha256", sha256(token));
    PrivateFiles.write(file, list.toPrettyString().getBytes(StandardCharsets.UTF_8));
    return token;
  }

  /**
   * Removes the tokens of a name from the file.
   *
   * @return how many there were
   */
  public static int end(Path file, String name) throws IOException {
    ArrayNode kept = JSON.createArrayNode();
    int ended = 0;
    for (JsonNode entry : JSON.readTree(Files.readAllBytes(file))) {
      if (entry.path("name").asText("").equals(name)) {
        ended++;
      } else {
        kept.add(entry);
      }
    }
    if (ended > 0) {
      PrivateFiles.write(file, kept.toPrettyString().getBytes(StandardCharsets.UTF_8));
    }
    return ended;
  }

  @Override
  public Optional<User> authenticate(String token) {
    byte[] hash = sha256(token).getBytes(StandardCharsets.US_ASCII);
    Entry found = null;
    // every entry is compared, in constant time, so that timing tells nothing
    for (Entry entry : entries.current()) {
      if (MessageDigest.isEqual(entry.hash().getBytes(StandardCharsets.US_ASCII), hash)) {
        found = entry;
      }
    }
    boolean good =
        found != null && (found.expires() == null || clock.instant().isBefore(found.expires()));
    return found != null && good ? Optional.of(found.user()) : Optional.empty();
  }

  private static String sha256(String token) {
    try {
      byte[] bytes = token.getBytes(StandardCharsets.UTF_8);
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
