package io.selvage.control.certificate;

import io.selvage.identity.IdentityException;
import io.selvage.identity.Pem;
import io.selvage.identity.Svid;
import io.selvage.identity.TrustBundle;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A workload's certificate, key and bundle in its own folder (0700, files 0600), so that a restart
 * needs no new token.
 *
 * <p>Files that others could read are refused, not used.
 */
public final class IdentityFiles {
  private static final Set<PosixFilePermission> PRIVATE_FILE =
      PosixFilePermissions.fromString("rw-------");
  private static final Set<PosixFilePermission> PRIVATE_FOLDER =
      PosixFilePermissions.fromString("rwx------");

  private final Path folder;

  public IdentityFiles(Path folder) {
    this.folder = folder;
  }

  /** What was kept. */
  public record Kept(Svid svid, TrustBundle bundle) {}

  /**
   * What the folder holds; null when it holds nothing yet.
   *
   * @throws CertificateException SELV-4026 when a file is damaged or others can read it
   */
  public @Nullable Kept read() throws CertificateException {
    Path key = folder.resolve("key.pem");
    if (!Files.exists(key)) {
      return null;
    }
    try {
      for (String name : new String[] {"key.pem", "identity.pem", "bundle.pem"}) {
        requirePrivate(folder.resolve(name));
      }
      Svid svid = Svid.of(Pem.certificates(text("identity.pem")), Pem.privateKey(text("key.pem")));
      return new Kept(
          svid, TrustBundle.of(svid.id().trustDomain(), Pem.certificates(text("bundle.pem"))));
    } catch (IOException | IdentityException damaged) {
      throw new CertificateException(
          "SELV-4026",
          "(Identity "
              + folder
              + ") cannot be used; "
              + damaged.getMessage()
              + ". Fix: remove the folder and start with a new token",
          true,
          damaged);
    }
  }

  private void requirePrivate(Path file) throws IOException, CertificateException {
    Set<PosixFilePermission> has = Files.getPosixFilePermissions(file);
    if (!PRIVATE_FILE.containsAll(has)) {
      throw new CertificateException(
          "SELV-4026",
          "(Identity "
              + file
              + ") can be read or changed by others and is not used; found "
              + PosixFilePermissions.toString(has)
              + ". Fix: chmod 600 it if nobody has read it, else remove the folder and start with a"
              + " new token",
          true);
    }
  }

  private String text(String name) throws IOException {
    return Files.readString(folder.resolve(name), StandardCharsets.US_ASCII);
  }

  /**
   * Keeps them; each file is replaced at once.
   *
   * @throws CertificateException SELV-4027 when the folder cannot be written
   */
  public void write(Svid svid, TrustBundle bundle) throws CertificateException {
    try {
      Files.createDirectories(folder);
      Files.setPosixFilePermissions(folder, PRIVATE_FOLDER);
      replace("bundle.pem", Pem.encode(bundle.of(svid.id().trustDomain())));
      replace("key.pem", Pem.encode(svid.key()));
      replace("identity.pem", Pem.encode(svid.chain()));
    } catch (IOException unwritable) {
      throw new CertificateException(
          "SELV-4027",
          "(Settings selvage.data-dir) "
              + folder
              + " cannot be written; "
              + unwritable
              + ": a restart will need a new token. Fix: name a folder that this user may write",
          true,
          unwritable);
    }
  }

  private void replace(String name, String text) throws IOException {
    Path fresh = folder.resolve(name + ".new");
    Files.deleteIfExists(fresh);
    Files.createFile(fresh, PosixFilePermissions.asFileAttribute(PRIVATE_FILE));
    Files.writeString(fresh, text, StandardCharsets.US_ASCII);
    Files.move(
        fresh,
        folder.resolve(name),
        StandardCopyOption.REPLACE_EXISTING,
        StandardCopyOption.ATOMIC_MOVE);
  }
}
