package io.selvage.controller.store;

import com.fasterxml.jackson.databind.JsonNode;
import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.Kinds;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.store.StoreException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Journal in a folder: {@code snapshot-N} holds all objects, {@code journal-N} the changes since.
 *
 * <p>A change is written and synced before it is acknowledged. The journal is replaced by a new
 * pair N+1 when it has grown, and after a failed write, because then its tail cannot be trusted: a
 * journal counts only with the snapshot of its own number, and a snapshot appears by rename after
 * its (empty) journal is on disk.
 */
final class FileJournal implements Journal {
  private static final Logger LOG = LoggerFactory.getLogger(FileJournal.class);
  private static final Pattern SNAPSHOT = Pattern.compile("snapshot-(\\d{1,18})");

  /** Above this the journal is folded into a snapshot, unless the snapshot itself is larger. */
  private static final long COMPACT_BYTES = 4L << 20;

  private final DataFolder folder;
  private long number;
  private long lastTried;
  private @Nullable FileChannel channel;
  private long snapshotBytes;
  private boolean tailSuspect;

  private FileJournal(DataFolder folder) {
    this.folder = folder;
  }

  /** A journal and the state that it recovered. */
  record Opened(FileJournal journal, StoreSnapshot state) {}

  /**
   * Opens the folder and recovers its state.
   *
   * @throws StoreException DAMAGED if a file is unreadable or acknowledged changes are missing
   */
  static Opened open(DataFolder folder) {
    FileJournal journal = new FileJournal(folder);
    try {
      return new Opened(journal, journal.recover());
    } catch (IOException e) {
      throw DataFolder.refusal(
          "SELV-7010", folder.path(), "cannot be read: " + DataFolder.describe(e), e);
    }
  }

  private StoreSnapshot recover() throws IOException {
    number = newestSnapshot();
    lastTried = number;
    if (number == 0) {
      if (!list("journal-").isEmpty()) {
        throw damaged("journal without its snapshot", folder.path());
      }
      startPair(StoreSnapshot.empty());
      return StoreSnapshot.empty();
    }
    StoreSnapshot state = readSnapshot(file("snapshot-", number));
    Path journal = file("journal-", number);
    if (!Files.exists(journal)) {
      throw damaged("missing", journal);
    }
    byte[] bytes = Files.readAllBytes(journal);
    Frames.Read read = Frames.decode(bytes);
    if (read.damagedMiddle()) {
      throw damaged("damaged at byte " + read.goodBytes() + " before its end", journal);
    }
    for (byte[] payload : read.payloads()) {
      state = apply(state, payload, journal);
    }
    channel = DataFolder.openOwnerOnly(journal, StandardOpenOption.WRITE);
    if (read.goodBytes() < bytes.length) {
      LOG.warn(
          "[SELV-7013] {} ends in an unfinished write of {} bytes, never acknowledged; dropped",
          journal,
          bytes.length - read.goodBytes());
      channel.truncate(read.goodBytes());
      channel.force(true);
    }
    channel.position(read.goodBytes());
    removeOthers();
    return state;
  }

  private static StoreSnapshot apply(StoreSnapshot state, byte[] payload, Path file)
      throws IOException {
    JsonNode record = Records.parse(payload);
    long revision = record.path("revision").asLong();
    if (revision != state.revision() + 1) {
      throw damaged("has revision " + revision + " after revision " + state.revision(), file);
    }
    return Records.apply(state, record);
  }

  private StoreSnapshot readSnapshot(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    snapshotBytes = bytes.length;
    Frames.Read read = Frames.decode(bytes);
    if (read.goodBytes() < bytes.length || read.payloads().isEmpty()) {
      throw damaged("damaged at byte " + read.goodBytes(), file);
    }
    JsonNode header = Records.parse(read.payloads().get(0));
    int objects = header.path("objects").asInt(-1);
    if (header.path("format").asInt() != 1 || objects != read.payloads().size() - 1) {
      throw damaged("of an unknown format, or cut off", file);
    }
    StoreSnapshot state = new StoreSnapshot(header.path("revision").asLong(), java.util.Map.of());
    for (byte[] payload : read.payloads().subList(1, objects + 1)) {
      state = Records.apply(state, Records.parse(payload));
    }
    return state;
  }

  @Override
  public void append(StoreEvent event, StoreSnapshot after) {
    try {
      FileChannel open = channel;
      // an interrupted writer thread closes the channel: that heals by a new pair, too
      if (open == null
          || !open.isOpen()
          || tailSuspect
          || open.position() > Math.max(COMPACT_BYTES, snapshotBytes)) {
        // the new pair contains the change already
        startPair(after);
        return;
      }
      tailSuspect = true;
      writeAll(open, Frames.encode(Records.change(event)));
      open.force(false);
      tailSuspect = false;
    } catch (IOException e) {
      throw new StoreException(
          Reason.UNAVAILABLE,
          "SELV-7005",
          "the change could not be written to "
              + folder.path()
              + " ("
              + DataFolder.describe(e)
              + "); nothing was changed. Fix: free disk space or make the folder writable; no restart"
              + " needed",
          e);
    }
  }

  /** Writes all of {@code state} as a new pair and lets go of the old one. */
  private void startPair(StoreSnapshot state) throws IOException {
    // never a number that a failed attempt used: its files may be half there
    long next = ++lastTried;
    Path journal = file("journal-", next);
    Files.deleteIfExists(journal);
    FileChannel fresh = DataFolder.openOwnerOnly(journal, StandardOpenOption.WRITE);
    try {
      fresh.force(true);
      writeSnapshot(state, next);
    } catch (IOException e) {
      fresh.close();
      Files.deleteIfExists(file("snapshot-", next));
      Files.deleteIfExists(journal);
      throw e;
    }
    FileChannel old = channel;
    channel = fresh;
    number = next;
    tailSuspect = false;
    if (old != null) {
      old.close();
    }
    removeOthers();
  }

  private void writeSnapshot(StoreSnapshot state, long next) throws IOException {
    Path temporary = folder.path().resolve("snapshot.tmp");
    Files.deleteIfExists(temporary);
    try (FileChannel out = DataFolder.openOwnerOnly(temporary, StandardOpenOption.WRITE)) {
      writeAll(out, Frames.encode(Records.snapshotHeader(state.revision(), state.size())));
      for (Kind kind : Kinds.all()) {
        for (Resource resource : state.list(kind)) {
          writeAll(out, Frames.encode(Records.object(resource)));
        }
      }
      out.force(true);
      snapshotBytes = out.size();
    }
    // the journal's name must be durable before the snapshot that needs it
    folder.sync();
    Files.move(temporary, file("snapshot-", next), StandardCopyOption.ATOMIC_MOVE);
    folder.sync();
  }

  private void removeOthers() throws IOException {
    List<Path> old = new ArrayList<>(list("snapshot-"));
    old.addAll(list("journal-"));
    for (Path path : old) {
      if (!path.getFileName().toString().endsWith("-" + number)) {
        Files.deleteIfExists(path);
      }
    }
  }

  private long newestSnapshot() throws IOException {
    long newest = 0;
    for (Path path : list("snapshot-")) {
      Matcher name = SNAPSHOT.matcher(path.getFileName().toString());
      if (name.matches()) {
        newest = Math.max(newest, Long.parseLong(name.group(1)));
      }
    }
    return newest;
  }

  private List<Path> list(String prefix) throws IOException {
    try (Stream<Path> files = Files.list(folder.path())) {
      return files.filter(p -> p.getFileName().toString().startsWith(prefix)).toList();
    }
  }

  private Path file(String prefix, long of) {
    return folder.path().resolve(prefix + of);
  }

  private static void writeAll(FileChannel out, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }

  private static StoreException damaged(String what, Path file) {
    return new StoreException(
        Reason.DAMAGED,
        "SELV-7014",
        "store file "
            + file
            + " is "
            + what
            + ". Fix: restore the folder from a backup, or move it away to start empty");
  }

  @Override
  public void close() {
    FileChannel open = channel;
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        LOG.warn("[SELV-7010] {} was not closed: {}", folder.path(), e.toString());
      }
    }
    folder.close();
  }
}
