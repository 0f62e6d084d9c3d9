package io.selvage.controller.audit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.util.HexFormat;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One JSON line for each write and each refused caller; each line carries the hash of the one
 * before and its own. A changed, removed or inserted line breaks the chain; lines cut off at the
 * end are not noticed by the file alone: keep the last hash elsewhere to see that.
 *
 * <p>Thread-safe. Bodies and tokens are never written, only their SHA-256.
 */
public final class AuditLog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String START = "0".repeat(64);

  /**
   * What happened.
   *
   * @param id of the request, as the answer's {@code Audit-Id} header says
   * @param caller address of the peer
   * @param user name, or {@code -} where nobody was authenticated
   * @param request method and path with its query
   * @param status HTTP status of the answer
   * @param requestHash SHA-256 of the body; empty if there was none
   * @param beforeHash SHA-256 of the object before the change; empty if there was none
   * @param resultHash SHA-256 of the answer, which for a write is the object's new state
   */
  public record Entry(
      String id,
      String caller,
      String user,
      String request,
      int status,
      String requestHash,
      String beforeHash,
      String resultHash) {}

  /**
   * State of a file.
   *
   * @param entries whole lines
   * @param brokenAt number of the first line that does not fit, from 1; 0 if the chain is whole
   * @param last hash of the last line
   */
  public record Verdict(long entries, long brokenAt, String last) {}

  private final FileChannel file;
  private final Clock clock;
  private long sequence;
  private String previous;

  private AuditLog(FileChannel file, Clock clock, Verdict end) {
    this.file = file;
    this.clock = clock;
    this.sequence = end.entries();
    this.previous = end.last();
  }

  /**
   * Opens the file for appending, making it with mode 0600 if absent. A broken chain is said and
   * goes on from its last line, so that the break stays visible.
   */
  public static AuditLog open(Path path, Clock clock) throws IOException {
    boolean posix = path.getFileSystem().supportedFileAttributeViews().contains("posix");
    FileAttribute<?>[] mode =
        posix
            ? new FileAttribute<?>[] {
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
            }
            : new FileAttribute<?>[0];
    FileChannel file =
        FileChannel.open(path, Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE), mode);
    dropUnfinishedLine(path, file);
    Verdict end = verify(path);
    if (end.brokenAt() > 0) {
      LOG.error(
          "[SELV-7050] the chain of {} is broken at line {}: it was changed by another hand. Fix:"
              + " keep the file as evidence and compare it with a copy",
          path,
          end.brokenAt());
    }
    file.position(file.size());
    return new AuditLog(file, clock, end);
  }

  /** Reads a file and follows its chain. */
  public static Verdict verify(Path path) throws IOException {
    long entries = 0;
    long brokenAt = 0;
    String last = START;
    try (BufferedReader lines = Files.newBufferedReader(path)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        entries++;
        String hash = hashOf(line, last);
        if (hash.isEmpty() && brokenAt == 0) {
          brokenAt = entries;
        }
        last = hash.isEmpty() ? claimed(line) : hash;
      }
    }
    return new Verdict(entries, brokenAt, last);
  }

  /** Appends; a failure is logged with its code, because what it tells of has happened already. */
  public synchronized void append(Entry entry) {
    ObjectNode line = JSON.createObjectNode();
    line.put("seq", sequence + 1).put("time", clock.instant().toString());
    line.put("id", entry.id());
    line.put("caller", entry.caller()).put("user", entry.user());
    line.put("request", entry.request()).put("status", entry.status());
    line.put("requestSha256", entry.requestHash()).put("beforeSha256", entry.beforeHash());
    line.put("resultSha256", entry.resultHash());
    line.put("previous", previous);
    String hash = sha256(line.toString().getBytes(StandardCharsets.UTF_8));
    line.put("hash", hash);
    try {
      ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        file.write(bytes);
      }
      sequence++;
      previous = hash;
    } catch (IOException e) {
      LOG.error(
          "[SELV-7051] the audit log could not be written ({}); not recorded: {}. Fix: free disk"
              + " space or make the folder writable",
          e.toString(),
          line);
    }
  }

  /** SHA-256 in lower-case hexadecimal. */
  public static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  @Override
  public synchronized void close() throws IOException {
    file.force(true);
    file.close();
  }

  /** The line's hash if it is right and follows {@code previous}; else empty. */
  private static String hashOf(String line, String previous) {
    try {
      if (JSON.readTree(line) instanceof ObjectNode node) {
        String hash = node.path("hash").asText("");
        node.remove("hash");
        boolean right =
            node.path("previous").asText("").equals(previous)
                && hash.equals(sha256(node.toString().getBytes(StandardCharsets.UTF_8)));
        return right ? hash : "";
      }
    } catch (IOException e) {
      // no JSON is a broken line, too
    }
    return "";
  }

  private static String claimed(String line) {
    try {
      JsonNode node = JSON.readTree(line);
      return node.path("hash").asText(START);
    } catch (IOException e) {
      return START;
    }
  }

  /** A killed process may have left half a line. */
  private static void dropUnfinishedLine(Path path, FileChannel file) throws IOException {
    byte[] all = Files.readAllBytes(path);
    int end = all.length;
    while (end > 0 && all[end - 1] != '\n') {
      end--;
    }
    if (end < all.length) {
      LOG.warn("[SELV-7052] an unfinished line at the end of {} was dropped", path);
      file.truncate(end);
    }
  }
}
