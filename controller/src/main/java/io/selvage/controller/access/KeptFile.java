package io.selvage.controller.access;

import io.selvage.controller.store.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.DateTimeException;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a file says, read again when it changes; a change that cannot be used leaves the last good
 * state and is logged. Thread-safe.
 */
final class KeptFile<T> {
  private static final Logger LOG = LoggerFactory.getLogger(KeptFile.class);
  private static final long LOOK_AGAIN_NANOS = 1_000_000_000L;

  /** Reads the content; anything that it throws refuses the file. */
  interface Parser<T> {
    T parse(byte[] content) throws IOException;
  }

  private record Content<T>(FileTime changed, T value) {}

  private final String what;
  private final Path file;
  private final String widest;
  private final Parser<T> parser;
  private final String fix;
  private final AtomicLong looked = new AtomicLong(System.nanoTime());
  private volatile Content<T> content;

  /**
   * Reads it for the first time.
   *
   * @param what for messages, such as {@code token file}
   * @param widest permissions that it may have, such as {@code rw-------}
   * @param fix what a good file looks like
   * @throws StoreException DAMAGED with SELV-7020 if it cannot be used
   */
  KeptFile(String what, Path file, String widest, Parser<T> parser, String fix) {
    this.what = what;
    this.file = file;
    this.widest = widest;
    this.parser = parser;
    this.fix = fix;
    try {
      content = read();
    } catch (IOException | IllegalArgumentException | DateTimeException e) {
      throw new StoreException(StoreException.Reason.DAMAGED, "SELV-7020", unusable(e), e);
    }
  }

  T current() {
    long now = System.nanoTime();
    long last = looked.get();
    if (now - last > LOOK_AGAIN_NANOS && looked.compareAndSet(last, now)) {
      try {
        if (!Files.getLastModifiedTime(file).equals(content.changed())) {
          content = read();
        }
      } catch (IOException | IllegalArgumentException | DateTimeException e) {
        LOG.error("[SELV-7020] {}; the last good one stays", unusable(e));
      }
    }
    return content.value();
  }

  private Content<T> read() throws IOException {
    if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Set<PosixFilePermission> found = Files.getPosixFilePermissions(file);
      if (!PosixFilePermissions.fromString(widest).containsAll(found)) {
        throw new IOException(
            "it is open to others ("
                + PosixFilePermissions.toString(found)
                + "); at most "
                + widest
                + " is allowed");
      }
    }
    FileTime changed = Files.getLastModifiedTime(file);
    return new Content<>(changed, parser.parse(Files.readAllBytes(file)));
  }

  private String unusable(Exception e) {
    return what + " " + file + " cannot be used: " + e + ". Fix: " + fix;
  }
}
