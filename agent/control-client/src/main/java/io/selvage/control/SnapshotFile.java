package io.selvage.control;

import com.google.protobuf.ByteString;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The last good resources in {@code snapshot.bin} of the workload's folder (0700), mode 0600, under
 * an HMAC whose key is a file of that folder: a snapshot that was damaged, cut off or brought from
 * elsewhere is refused with a line. The key is apart from the workload's own, as that is another
 * after each rotation.
 */
public final class SnapshotFile {
  private static final byte[] MAGIC = "SELVAGE1".getBytes(StandardCharsets.US_ASCII);
  private static final int MAC_BYTES = 32;
  private static final int MAX_BYTES = 256 << 20;
  private static final long DELAY_MILLIS = 500;

  private record Entry(ResourceType type, String name, String version, ByteString bytes) {}

  private final File folder;
  private final Consumer<String> log;
  private boolean pending;
  private boolean complained;

  /**
   * @param folder made with the first write
   */
  public SnapshotFile(File folder, Consumer<String> log) {
    this.folder = folder;
    this.log = log;
  }

  /** Fills the store; false = there is no snapshot, or it is refused. */
  boolean read(ResourceStore store) {
    File file = new File(folder, "snapshot.bin");
    if (!file.exists()) {
      return false;
    }
    String wrong;
    try {
      wrong = load(file, store);
    } catch (IOException | GeneralSecurityException | RuntimeException damaged) {
      wrong = String.valueOf(damaged.getMessage());
    }
    if (wrong != null) {
      log.accept(
          "WARN ["
              + ControlCodes.SNAPSHOT_REFUSED
              + "] (Snapshot "
              + file
              + ") refused, it is not used; "
              + wrong
              + ". Fix: nothing, the controller sends all again; remove the file if it stays");
      return false;
    }
    log.accept(
        "INFO ["
            + ControlCodes.FROM_SNAPSHOT
            + "] (Snapshot "
            + file
            + ") last good configuration is in force until the controller answers");
    return true;
  }

  private @Nullable String load(File file, ResourceStore store)
      throws IOException, GeneralSecurityException {
    if (file.length() > MAX_BYTES || file.length() < MAGIC.length + MAC_BYTES) {
      return "its size is " + file.length() + " bytes";
    }
    byte[] key = key(false);
    if (key == null) {
      return "its key is missing";
    }
    byte[] all = bytes(file);
    byte[] mac = mac(key, all, MAC_BYTES);
    byte[] stored = java.util.Arrays.copyOf(all, MAC_BYTES);
    if (!MessageDigest.isEqual(mac, stored)) {
      return "its content does not match its signature";
    }
    List<Entry> entries = new ArrayList<>();
    try (DataInputStream in =
        new DataInputStream(new ByteArrayInputStream(all, MAC_BYTES, all.length - MAC_BYTES))) {
      byte[] magic = in.readNBytes(MAGIC.length);
      if (!java.util.Arrays.equals(magic, MAGIC)) {
        return "it is of another version";
      }
      for (int left = in.readInt(); left > 0; left--) {
        ResourceType type = ResourceType.of(in.readUTF());
        String name = in.readUTF();
        String version = in.readUTF();
        byte[] bytes = in.readNBytes(in.readInt());
        if (type != null) {
          entries.add(new Entry(type, name, version, ByteString.copyFrom(bytes)));
        }
      }
    }
    for (Entry entry : entries) {
      String refused = store.put(entry.type(), entry.name(), entry.version(), entry.bytes());
      if (refused != null) {
        return refused;
      }
    }
    return null;
  }

  /**
   * Writes what is in the store, once for all that comes within half a second. On the control
   * thread.
   */
  void writeSoon(ResourceStore store, ScheduledExecutorService control) {
    if (!pending) {
      pending = true;
      control.schedule(
          () -> {
            pending = false;
            write(store);
          },
          DELAY_MILLIS,
          TimeUnit.MILLISECONDS);
    }
  }

  void write(ResourceStore store) {
    try {
      byte[] key = key(true);
      if (key == null) {
        throw new IOException("the key cannot be made");
      }
      byte[] content = content(store);
      byte[] mac = mac(key, content, 0);
      File next = new File(folder, "snapshot.bin.next");
      try (FileOutputStream out = new FileOutputStream(next)) {
        ownerOnly(next);
        out.write(mac);
        out.write(content);
        out.getFD().sync();
      }
      if (!next.renameTo(new File(folder, "snapshot.bin"))) {
        throw new IOException("cannot be renamed");
      }
      complained = false;
    } catch (IOException | GeneralSecurityException failed) {
      if (!complained) {
        complained = true;
        log.accept(
            "WARN ["
                + ControlCodes.SNAPSHOT_UNWRITABLE
                + "] (Snapshot "
                + folder
                + ") cannot be written; "
                + failed.getMessage()
                + "; a restart without controller would have no configuration. Fix: set SELVAGE_DATA_DIR to a folder that this user may write");
      }
    }
  }

  private static byte[] content(ResourceStore store) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(1 << 16);
    DataOutputStream out = new DataOutputStream(bytes);
    out.write(MAGIC);
    int count = 0;
    for (ResourceType type : ResourceType.values()) {
      count += type.isConfiguration() ? store.all(type).size() : 0;
    }
    out.writeInt(count);
    for (ResourceType type : ResourceType.values()) {
      if (type.isConfiguration()) {
        for (var entry : store.all(type).entrySet()) {
          out.writeUTF(type.url());
          out.writeUTF(entry.getKey());
          out.writeUTF(entry.getValue().version());
          out.writeInt(entry.getValue().bytes().size());
          entry.getValue().bytes().writeTo(out);
        }
      }
    }
    return bytes.toByteArray();
  }

  private byte @Nullable [] key(boolean make) throws IOException {
    File file = new File(folder, "snapshot.key");
    if (file.length() == MAC_BYTES) {
      return bytes(file);
    }
    if (!make) {
      return null;
    }
    if (!folder.isDirectory() && !folder.mkdirs()) {
      throw new IOException("the folder cannot be made");
    }
    ownerOnly(folder);
    byte[] key = new byte[MAC_BYTES];
    new SecureRandom().nextBytes(key);
    try (FileOutputStream out = new FileOutputStream(file)) {
      ownerOnly(file);
      out.write(key);
    }
    return key;
  }

  private static byte[] bytes(File file) throws IOException {
    try (FileInputStream in = new FileInputStream(file)) {
      return in.readAllBytes();
    }
  }

  private static byte[] mac(byte[] key, byte[] content, int from) throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    mac.update(content, from, content.length - from);
    return mac.doFinal();
  }

  /** 0600 for files, 0700 for folders. */
  private static void ownerOnly(File file) throws IOException {
    boolean folder = file.isDirectory();
    boolean done =
        file.setReadable(false, false)
            & file.setWritable(false, false)
            & file.setExecutable(false, false)
            & file.setReadable(true, true)
            & file.setWritable(true, true)
            & (!folder || file.setExecutable(true, true));
    if (!done) {
      throw new IOException("the mode of " + file + " cannot be set");
    }
  }
}
