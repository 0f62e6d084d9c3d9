package io.selvage.controller.ca;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.EnumSet;
import java.util.Set;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.PBEParameterSpec;

/**
 * Keeps private keys encrypted on disk: PKCS#8 with PBES2 (RFC 8018: PBKDF2-HMAC-SHA256,
 * AES-256-CBC), which {@code openssl pkcs8} reads and writes too.
 *
 * <p>The passphrase comes from a file that only its owner can read and that the authority's folder
 * need not share a disk or a backup with. A key that is not encrypted is refused.
 */
final class KeyVault {
  private static final String CIPHER = "PBEWithHmacSHA256AndAES_256";
  private static final String LABEL = "ENCRYPTED PRIVATE KEY";
  // OWASP's figure for PBKDF2-HMAC-SHA256 where a person may have chosen the passphrase
  private static final int ITERATIONS = 600_000;
  // 256 random bits need no stretching
  private static final int ITERATIONS_OF_RANDOM = 10_000;
  private static final int SALT_BYTES = 16;
  private static final int IV_BYTES = 16;
  private static final int MADE_BYTES = 32;
  private static final int MADE_CHARACTERS = 43;
  private static final int MAX_PASSPHRASE = 4096;
  private static final Set<PosixFilePermission> OTHERS =
      EnumSet.complementOf(
          EnumSet.of(
              PosixFilePermission.OWNER_READ,
              PosixFilePermission.OWNER_WRITE,
              PosixFilePermission.OWNER_EXECUTE));
  private final PrivateFolder folder;
  private final Path passphraseFile;

  KeyVault(PrivateFolder folder, Path passphraseFile) {
    this.folder = folder;
    this.passphraseFile = passphraseFile;
  }

  /** Makes a random passphrase where there is no file yet. */
  void makePassphrase() {
    if (Files.exists(passphraseFile)) {
      return;
    }
    byte[] random = new byte[MADE_BYTES];
    new SecureRandom().nextBytes(random);
    Path parent = passphraseFile.toAbsolutePath().getParent();
    PrivateFolder.open(parent == null ? Path.of("/") : parent)
        .write(
            String.valueOf(passphraseFile.getFileName()),
            Base64.getUrlEncoder().withoutPadding().encodeToString(random) + "\n");
  }

  /** Writes a key, encrypted. */
  void write(String name, PrivateKey key) {
    folder.write(name, encrypted(key));
  }

  String encrypted(PrivateKey key) {
    byte[] salt = new byte[SALT_BYTES];
    byte[] iv = new byte[IV_BYTES];
    SecureRandom random = new SecureRandom();
    random.nextBytes(salt);
    random.nextBytes(iv);
    char[] passphrase = passphrase();
    boolean made = passphrase.length >= MADE_CHARACTERS;
    int iterations = made ? ITERATIONS_OF_RANDOM : ITERATIONS;
    try {
      Cipher cipher = Cipher.getInstance(CIPHER);
      cipher.init(
          Cipher.ENCRYPT_MODE,
          SecretKeyFactory.getInstance(CIPHER).generateSecret(new PBEKeySpec(passphrase)),
          new PBEParameterSpec(salt, iterations, new IvParameterSpec(iv)));
      // the name under which the parameters have an object identifier
      AlgorithmParameters parameters = AlgorithmParameters.getInstance("PBES2");
      parameters.init(cipher.getParameters().getEncoded());
      byte[] sealed = cipher.doFinal(key.getEncoded());
      return Pem.block(LABEL, new EncryptedPrivateKeyInfo(parameters, sealed).getEncoded());
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("this Java runtime cannot encrypt keys", e);
    }
  }

  /**
   * Reads a key.
   *
   * @throws CodedException SELV-4110 wide modes, SELV-4114 not encrypted, SELV-4115 no or the wrong
   *     passphrase
   */
  PrivateKey read(String name) {
    String text = folder.readSecret(name);
    for (Pem.Block block : Pem.blocks(text)) {
      if (block.label().equals(LABEL)) {
        return decrypted(name, block.bytes());
      }
      if (block.label().endsWith("PRIVATE KEY")) {
        throw new CodedException(
            "SELV-4114",
            name
                + " is not encrypted; found '"
                + block.label()
                + "'. Fix: openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -iter 600000"
                + " -in "
                + name
                + " -out new.pem -passout file:"
                + passphraseFile
                + ", then put new.pem in its place and remove the other.");
      }
    }
    throw new IllegalArgumentException(name + " holds no PKCS#8 private key");
  }

  private PrivateKey decrypted(String name, byte[] bytes) {
    try {
      EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(bytes);
      String algorithm = String.valueOf(info.getAlgParameters());
      Cipher cipher = Cipher.getInstance(algorithm);
      SecretKey secret =
          SecretKeyFactory.getInstance(algorithm).generateSecret(new PBEKeySpec(passphrase()));
      cipher.init(Cipher.DECRYPT_MODE, secret, info.getAlgParameters());
      return Pem.privateKey(Pem.block("PRIVATE KEY", cipher.doFinal(info.getEncryptedData())));
    } catch (GeneralSecurityException | IOException | IllegalArgumentException e) {
      throw new CodedException(
          "SELV-4115",
          name
              + " cannot be decrypted with the passphrase in "
              + passphraseFile
              + ". Fix: give the passphrase that belongs to it, or encrypt it as SELV-4114 says.",
          e);
    }
  }

  /** The first line, as openssl takes it. */
  private char[] passphrase() {
    try {
      if (!Files.exists(passphraseFile)) {
        throw noPassphrase("is missing");
      }
      Set<PosixFilePermission> found = Files.getPosixFilePermissions(passphraseFile);
      if (found.stream().anyMatch(OTHERS::contains)) {
        throw new CodedException(
            "SELV-4110",
            passphraseFile
                + " is open to others; its mode is "
                + PosixFilePermissions.toString(found)
                + ". Fix: chmod 0600 "
                + passphraseFile
                + " and take another passphrase.");
      }
      if (Files.size(passphraseFile) > MAX_PASSPHRASE) {
        throw noPassphrase("is no passphrase, it has " + Files.size(passphraseFile) + " bytes");
      }
      String first = Files.readString(passphraseFile).lines().findFirst().orElse("");
      if (first.isEmpty()) {
        throw noPassphrase("is empty");
      }
      return first.toCharArray();
    } catch (IOException e) {
      throw noPassphrase("cannot be read (" + e + ")");
    }
  }

  private CodedException noPassphrase(String what) {
    return new CodedException(
        "SELV-4115",
        "the authority's passphrase file "
            + passphraseFile
            + " "
            + what
            + ". Fix: restore it, or name it with --ca-passphrase-file.");
  }
}
