package io.selvage.controller.store;

import io.selvage.controller.store.StoreException.Reason;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * A private folder held by one process: 0700, files 0600, a lock file. Where the file system has no
 * POSIX permissions only the lock applies.
 */
public final class DataFolder implements AutoCloseable {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");
  private static final Set<PosixFilePermission> FILE_OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");

  private final Path path;
  private final FileChannel lockFile;

  private DataFolder(Path path, FileChannel lockFile) {
    this.path = path;
    this.lockFile = lockFile;
  }

  /**
   * Creates the folder if needed and takes its lock.
   *
   * @throws StoreException DAMAGED with SELV-7010 (cannot be used), 7011 (open to others), 7012 (in
   *     use)
   */
  public static DataFolder open(Path path) {
    try {
      create(path);
      refuseIfOpenToOthers(path);
      FileChannel channel = openOwnerOnly(path.resolve("lock"), StandardOpenOption.WRITE);
      FileLock lock = tryLock(channel);
      if (lock == null) {
        channel.close();
        throw refusal("SELV-7012", path, "is in use by another process; stop it first", null);
      }
      return new DataFolder(path, channel);
    } catch (IOException e) {
      throw refusal("SELV-7010", path, "cannot be used: " + describe(e), e);
    }
  }

  public Path path() {
    return path;
  }

  /** Opens a file of the folder for the owner alone, creating it if needed. */
  static FileChannel openOwnerOnly(Path file, StandardOpenOption... options) throws IOException {
    Set<StandardOpenOption> all = new java.util.HashSet<>(Set.of(options));
    all.add(StandardOpenOption.CREATE);
    return FileChannel.open(file, all, attributes(file, FILE_OWNER_ONLY));
  }

  /** Makes creations, renames and removals in the folder durable. */
  void sync() throws IOException {
    try (FileChannel folder = FileChannel.open(path, StandardOpenOption.READ)) {
      folder.force(true);
    }
  }

  @Override
  public void close() {
    try {
      lockFile.close();
    } catch (IOException e) {
      throw refusal("SELV-7010", path, "lock cannot be released: " + describe(e), e);
    }
  }

  static StoreException refusal(
      String code, Path path, String what, @org.jspecify.annotations.Nullable Throwable cause) {
    String message = "data folder " + path + " " + what;
    return cause == null
        ? new StoreException(Reason.DAMAGED, code, message)
        : new StoreException(Reason.DAMAGED, code, message, cause);
  }

  static String describe(IOException e) {
    return e.getClass().getSimpleName() + ": " + e.getMessage();
  }

  private static void create(Path path) throws IOException {
    Path parent = path.toAbsolutePath().getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    if (!Files.isDirectory(path)) {
      Files.createDirectory(path, attributes(path, OWNER_ONLY));
    }
  }

  private static FileAttribute<?>[] attributes(Path near, Set<PosixFilePermission> wanted) {
    boolean posix = near.getFileSystem().supportedFileAttributeViews().contains("posix");
    return posix
        ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(wanted)}
        : new FileAttribute<?>[0];
  }

  private static void refuseIfOpenToOthers(Path path) throws IOException {
    if (!path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      return;
    }
    Set<PosixFilePermission> found = Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS);
    if (!OWNER_ONLY.containsAll(found)) {
      throw refusal(
          "SELV-7011",
          path,
          "is open to others ("
              + PosixFilePermissions.toString(found)
              + "). Fix: chmod 700 "
              + path,
          null);
    }
  }

  private static @org.jspecify.annotations.Nullable FileLock tryLock(FileChannel channel)
      throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      // this very process holds it
      return null;
    }
  }
}
