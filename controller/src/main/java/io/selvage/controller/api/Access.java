package io.selvage.controller.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.store.StoreException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Who may call: static bearer tokens of which only hashes are kept.
 *
 * <p>Tokens are 256 random bits, so an unsalted SHA-256 cannot be reversed. The file is JSON:
 * {@code [{"name", "role": "admin|operator|viewer", "sha256"}]}, readable by its owner alone.
 */
public final class Access {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final SecureRandom RANDOM = new SecureRandom();

  /** What a user may do; each role may do what the ones before it may. */
  public enum Role {
    /** Reads. */
    VIEWER,
    /** Writes configuration and makes join tokens, but no security policy. */
    OPERATOR,
    /** Everything. */
    ADMIN
  }

  /** An authenticated caller. */
  public record User(String name, Role role) {
    /** Whether the user may use the verb on a resource of the group. */
    boolean may(String verb, String group) {
      if (Set.of("get", "list", "watch").contains(verb)) {
        return true;
      }
      return group.equals("security.istio.io") ? role == Role.ADMIN : role != Role.VIEWER;
    }
  }

  private record Entry(User user, byte[] hash) {}

  private final List<Entry> entries;

  private Access(List<Entry> entries) {
    this.entries = List.copyOf(entries);
  }

  /** A new token; print it once, it is kept nowhere. */
  public static String newToken() {
    byte[] secret = new byte[32];
    RANDOM.nextBytes(secret);
    return "sla1." + Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
  }

  /** Access by one token; for tests and embedding. */
  public static Access single(String name, Role role, String token) {
    return new Access(List.of(new Entry(new User(name, role), sha256(token))));
  }

  /**
   * Reads the token file.
   *
   * @throws StoreException DAMAGED with SELV-7020 if it cannot be read, is open to others or
   *     malformed
   */
  public static Access load(Path file) {
    try {
      refuseIfOpenToOthers(file);
      List<Entry> entries = new ArrayList<>();
      JsonNode list = JSON.readTree(Files.readAllBytes(file));
      if (!list.isArray()) {
        throw new IllegalArgumentException("it is no list");
      }
      for (JsonNode entry : list) {
        Role role = Role.valueOf(entry.path("role").asText("").toUpperCase(Locale.ROOT));
        byte[] hash = Base64.getUrlDecoder().decode(entry.path("sha256").asText(""));
        String name = entry.path("name").asText("");
        if (name.isEmpty() || hash.length != 32) {
          throw new IllegalArgumentException("an entry lacks name or sha256");
        }
        entries.add(new Entry(new User(name, role), hash));
      }
      return new Access(entries);
    } catch (IOException | IllegalArgumentException e) {
      throw new StoreException(
          StoreException.Reason.DAMAGED,
          "SELV-7020",
          "token file "
              + file
              + " cannot be used: "
              + e
              + ". Fix: a JSON list of {name, role: admin|operator|viewer, sha256}, mode 0600",
          e);
    }
  }

  /** Adds a token to the file, making the file if absent, and returns the token. */
  public static String issue(Path file, String name, Role role) throws IOException {
    ArrayNode list = JSON.createArrayNode();
    if (Files.exists(file) && JSON.readTree(Files.readAllBytes(file)) instanceof ArrayNode found) {
      list = found;
    }
    String token = newToken();
    ObjectNode entry = list.addObject();
    entry.put("name", name).put("role", role.name().toLowerCase(Locale.ROOT));
    entry.put("sha256", Base64.getUrlEncoder().withoutPadding().encodeToString(sha256(token)));
    PrivateFiles.write(file, list.toPrettyString().getBytes(StandardCharsets.UTF_8));
    return token;
  }

  /** The user behind an {@code Authorization} header. */
  Optional<User> authenticate(String header) {
    if (!header.regionMatches(true, 0, "Bearer ", 0, 7)) {
      return Optional.empty();
    }
    byte[] hash = sha256(header.substring(7).trim());
    User found = null;
    // every entry is compared, in constant time, so that timing tells nothing
    for (Entry entry : entries) {
      if (MessageDigest.isEqual(entry.hash(), hash)) {
        found = entry.user();
      }
    }
    return Optional.ofNullable(found);
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

  private static byte[] sha256(String token) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
