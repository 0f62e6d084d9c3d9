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
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Static bearer tokens, of which only hashes are kept.
 *
 * <p>Tokens are 256 random bits, so an unsalted SHA-256 cannot be reversed. The file is a JSON list
 * of {@code {name, role: viewer|operator|security|admin, namespaces, expires, sha256}}, readable by
 * its owner alone. It is read again when it changes; a change that cannot be used leaves the last
 * good state and is logged. Thread-safe.
 */
public final class ApiTokens implements Authenticator {
  private static final Logger LOG = LoggerFactory.getLogger(ApiTokens.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final long LOOK_AGAIN_NANOS = 1_000_000_000L;

  /**
   * One token.
   *
   * @param expires null = never
   */
  private record Entry(User user, String hash, @Nullable Instant expires) {}

  /** What a file said when it was last changed. */
  private record Content(FileTime changed, List<Entry> entries) {}

  private final Path file;
  private final Clock clock;
  private final AtomicLong looked = new AtomicLong(System.nanoTime());
  private volatile Content content;

  private ApiTokens(Path file, Clock clock, Content content) {
    this.file = file;
    this.clock = clock;
    this.content = content;
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
    try {
      return new ApiTokens(file, clock, read(file));
    } catch (IOException | IllegalArgumentException | DateTimeException e) {
      throw new StoreException(StoreException.Reason.DAMAGED, "SELV-7020", unusable(file, e), e);
    }
  }

  private static String unusable(Path file, Exception e) {
    return "token file "
        + file
        + " cannot be used: "
        + e
        + ". Fix: a JSON list of {name, role: viewer|operator|security|admin, namespaces, expires,"
        + " sha256}, mode 0600";
  }

  private static Content read(Path file) throws IOException {
    refuseIfOpenToOthers(file);
    FileTime changed = Files.getLastModifiedTime(file);
    List<Entry> entries = new ArrayList<>();
    JsonNode list = JSON.readTree(Files.readAllBytes(file));
    if (!list.isArray()) {
      throw new IllegalArgumentException("it is no list");
    }
    for (JsonNode entry : list) {
      entries.add(entry(entry));
    }
    return new Content(changed, List.copyOf(entries));
  }

  private static Entry entry(JsonNode entry) {
    entry
        .fieldNames()
        .forEachRemaining(
            field -> {
              // a misspelt "namespaces" would give the role everywhere
              if (!Set.of("name", "role", "namespaces", "expires", "sha256").contains(field)) {
                throw new IllegalArgumentException("unknown field \"" + field + "\"");
              }
            });
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
    for (Entry entry : entries()) {
      if (MessageDigest.isEqual(entry.hash().getBytes(StandardCharsets.US_ASCII), hash)) {
        found = entry;
      }
    }
    boolean good =
        found != null && (found.expires() == null || clock.instant().isBefore(found.expires()));
    return found != null && good ? Optional.of(found.user()) : Optional.empty();
  }

  private List<Entry> entries() {
    long now = System.nanoTime();
    long last = looked.get();
    if (now - last > LOOK_AGAIN_NANOS && looked.compareAndSet(last, now)) {
      try {
        if (!Files.getLastModifiedTime(file).equals(content.changed())) {
          content = read(file);
        }
      } catch (IOException | IllegalArgumentException | DateTimeException e) {
        LOG.error("[SELV-7020] {}; the last good one stays", unusable(file, e));
      }
    }
    return content.entries();
  }

  private static void refuseIfOpenToOthers(Path file) throws IOException {
    if (!file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      return;
    }
    Set<PosixFilePermission> found = Files.getPosixFilePermissions(file);
    if (!PosixFilePermissions.fromString("rw-------").containsAll(found)) {
      throw new IOException(
          "it is open to others (" + PosixFilePermissions.toString(found) + "); chmod 600 it");
    }
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
