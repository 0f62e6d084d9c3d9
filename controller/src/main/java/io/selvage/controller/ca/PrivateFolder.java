package io.selvage.controller.ca;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/**
 * A folder for secrets: 0700, its secret files 0600, anything wider is refused with {@code
 * SELV-4110}.
 *
 * <p>Writes are atomic and durable: temporary file, fsync, rename, fsync of the folder.
 */
public final class PrivateFolder {
  private static final Set<PosixFilePermission> FILE = PosixFilePermissions.fromString("rw-------");
  private static final Set<PosixFilePermission> FOLDER =
      PosixFilePermissions.fromString("rwx------");
  private final Path path;

  private PrivateFolder(Path path) {
    this.path = path;
  }

  /**
   * Opens the folder, making it where it is absent.
   *
   * @throws CodedException SELV-4110 where its mode is wider than 0700, SELV-4111 where it cannot
   *     be used
   */
  public static PrivateFolder open(Path path) {
    try {
      if (!Files.isDirectory(path)) {
        if (path.getParent() != null) {
          Files.createDirectories(path.getParent());
        }
        Files.createDirectory(path, PosixFilePermissions.asFileAttribute(FOLDER));
      }
      refuseWider(path, FOLDER, "0700");
      return new PrivateFolder(path);
    } catch (IOException e) {
      throw new CodedException(
          "SELV-4111",
          "the folder " + path + " cannot be used; " + e + ". Fix: give a folder we may write.",
          e);
    }
  }

  private static void refuseWider(Path path, Set<PosixFilePermission> allowed, String mode)
      throws IOException {
    Set<PosixFilePermission> found = Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS);
    Set<PosixFilePermission> extra = EnumSet.noneOf(PosixFilePermission.class);
    extra.addAll(found);
    extra.removeAll(allowed);
    if (!extra.isEmpty() || Files.isSymbolicLink(path)) {
      throw new CodedException(
          "SELV-4110",
          path
              + " is open to others; its mode is "
              + PosixFilePermissions.toString(found)
              + ". Fix: chmod "
              + mode
              + " "
              + path
              + " and treat the keys in it as known to others.");
    }
  }

  /** Whether the file is there. */
  public boolean has(String name) {
    return Files.exists(path.resolve(name), LinkOption.NOFOLLOW_LINKS);
  }

  /** Reads a secret after checking that only its owner can. */
  public String readSecret(String name) {
    try {
      refuseWider(path.resolve(name), FILE, "0600");
      return read(name);
    } catch (IOException e) {
      throw unreadable(name, e);
    }
  }

  /** Reads a file whose mode does not matter, such as a certificate. */
  public String read(String name) {
    try {
      return Files.readString(path.resolve(name));
    } catch (IOException e) {
      throw unreadable(name, e);
    }
  }

  /** Removes a file, if it is there. */
  public void delete(String name) {
    try {
      Files.deleteIfExists(path.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private CodedException unreadable(String name, IOException e) {
    return new CodedException(
        "SELV-4111",
        path.resolve(name) + " cannot be read; " + e + ". Fix: restore it from a backup.",
        e);
  }

  /**
   * Replaces the file with mode 0600; when this returns, the content survives a power cut.
   *
   * @throws UncheckedIOException where the disk refuses; the old content is then still there
   */
  public void write(String name, String content) {
    Path temporary = path.resolve(name + ".tmp");
    try {
      Files.deleteIfExists(temporary);
      try (FileChannel channel =
          FileChannel.open(
              temporary,
              Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
              PosixFilePermissions.asFileAttribute(FILE))) {
        ByteBuffer bytes = ByteBuffer.wrap(content.getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        channel.force(true);
      }
      Files.move(
          temporary,
          path.resolve(name),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
      try (FileChannel folder = FileChannel.open(path, StandardOpenOption.READ)) {
        folder.force(true);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
