package io.selvage.controller.ca;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Replaces the root in three steps, each refused before the one ahead of it has reached everybody:
 * <em>add</em> (workloads trust the new root too), <em>sign</em> (new certificates are under it),
 * <em>drop</em> (the old one is trusted no longer).
 *
 * <p>The state is in the authority's folder, so a restart goes on where it was. Thread-safe.
 */
public final class RootRotation {
  /** How far a rotation is. */
  public enum State {
    /** One root is trusted and signs. */
    ONE_ROOT,
    /** A second root is trusted; the first signs. */
    ADDED,
    /** Two roots are trusted; the newer signs. */
    SIGNING
  }

  private static final String NEXT_ROOT = "next-root-cert.pem";
  private static final String NEXT_ROOT_KEY = "next-root-key.pem";
  private static final String NEXT = "next-ca-cert.pem";
  private static final String NEXT_KEY = "next-ca-key.pem";
  static final String OLD_UNTIL = "old-leaves-until";
  private final CertificateAuthority authority;
  private final PrivateFolder folder;
  private final Clock clock;
  private final Supplier<List<String>> behind;

  /**
   * Rotates the root of {@code authority}.
   *
   * @param behind names workloads that have not yet confirmed the trust bundle
   */
  RootRotation(CertificateAuthority authority, Clock clock, Supplier<List<String>> behind) {
    this.authority = authority;
    this.folder = authority.folder();
    this.clock = clock;
    this.behind = behind;
  }

  /** How far it is. */
  public synchronized State state() {
    if (authority.bundle().roots().size() == 1) {
      return State.ONE_ROOT;
    }
    return folder.has(NEXT) ? State.ADDED : State.SIGNING;
  }

  /** No certificate under the old root is valid longer; the epoch's begin where there is none. */
  public synchronized Instant oldLeavesUntil() {
    return folder.has(OLD_UNTIL) ? Instant.parse(folder.read(OLD_UNTIL).strip()) : Instant.EPOCH;
  }

  /**
   * Step 1: makes a root and an intermediate; workloads are told to trust both roots.
   *
   * @throws CodedException SELV-4160 where a rotation is under way
   */
  public synchronized void add() {
    require(State.ONE_ROOT, "add");
    CertificateAuthority.Made made = CertificateAuthority.make(authority.trustDomain(), clock);
    authority.vault().write(NEXT_ROOT_KEY, made.rootKey());
    authority.vault().write(NEXT_KEY, made.key());
    folder.write(NEXT_ROOT, Pem.of(made.root()));
    folder.write(NEXT, Pem.of(made.certificate()));
    folder.write("root-cert.pem", Pem.of(authority.root()) + Pem.of(made.root()));
    authority.reload();
  }

  /**
   * Step 2: signs with the new intermediate.
   *
   * @param force also where workloads have not confirmed the new root: those refuse their peers
   *     until they do
   * @throws CodedException SELV-4160 in the wrong order, SELV-4161 with those that are behind
   */
  public synchronized void sign(boolean force) {
    require(State.ADDED, "sign");
    List<String> waiting = behind.get();
    if (!force && !waiting.isEmpty()) {
      throw new CodedException(
          "SELV-4161",
          "not every workload trusts the new root yet; waiting for "
              + waiting
              + ". Fix: wait and try again, or stop these workloads.");
    }
    folder.write(OLD_UNTIL, authority.issuedUntil() + "\n");
    String key = folder.readSecret(NEXT_KEY);
    folder.write("ca-key.pem", key);
    finish(folder);
    authority.reload();
  }

  /**
   * Step 3: workloads trust the new root only.
   *
   * @param force also where certificates under the old root are still valid: their holders are
   *     refused until they renew
   * @throws CodedException SELV-4160 in the wrong order, SELV-4162 too early
   */
  public synchronized void drop(boolean force) {
    require(State.SIGNING, "drop");
    Instant until = oldLeavesUntil();
    if (!force && clock.instant().isBefore(until)) {
      throw new CodedException(
          "SELV-4162",
          "certificates under the old root are valid until "
              + until
              + ". Fix: wait until then; workloads renew at half of the lifetime.");
    }
    folder.write("root-cert.pem", Pem.of(authority.root()));
    folder.delete(OLD_UNTIL);
    authority.reload();
  }

  private void require(State wanted, String step) {
    State found = state();
    if (found != wanted) {
      String next =
          switch (found) {
            case ONE_ROOT -> "add";
            case ADDED -> "sign";
            case SIGNING -> "drop";
          };
      throw new CodedException(
          "SELV-4160",
          "step '"
              + step
              + "' is out of order; the rotation is at "
              + found
              + ". Fix: the next step is '"
              + next
              + "'.");
    }
  }

  /** Another intermediate under a root that is trusted already; safe against a stop half way. */
  static void replaceSigner(CertificateAuthority authority, UpstreamAuthority.Signed signed) {
    PrivateFolder folder = authority.folder();
    authority.vault().write(NEXT_KEY, signed.keys().getPrivate());
    folder.write(NEXT, Pem.of(signed.certificate()));
    folder.write("ca-key.pem", folder.readSecret(NEXT_KEY));
    finish(folder);
    authority.reload();
  }

  /** A stop between the files of {@link #sign}: the key is the new one, its certificate is not. */
  static void finishSigning(PrivateFolder folder, KeyVault vault) {
    if (!folder.has(NEXT) || !folder.has("ca-key.pem")) {
      return;
    }
    X509Certificate next = Pem.certificates(folder.read(NEXT)).get(0);
    if (belongs(vault.read("ca-key.pem"), next)) {
      finish(folder);
    }
  }

  private static void finish(PrivateFolder folder) {
    List<X509Certificate> chain = new ArrayList<>(Pem.certificates(folder.read(NEXT)));
    folder.write("ca-cert.pem", folder.read(NEXT));
    if (folder.has(NEXT_ROOT)) {
      chain.addAll(Pem.certificates(folder.read(NEXT_ROOT)));
      folder.write("cert-chain.pem", Pem.of(chain));
    }
    if (folder.has(NEXT_ROOT_KEY)) {
      folder.write("root-key.pem", folder.readSecret(NEXT_ROOT_KEY));
      folder.delete(NEXT_ROOT_KEY);
    }
    folder.delete(NEXT_KEY);
    folder.delete(NEXT_ROOT);
    folder.delete(NEXT);
  }

  private static boolean belongs(PrivateKey key, X509Certificate certificate) {
    byte[] probe = {1, 2, 3};
    String algorithm = key.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
    try {
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(key);
      signature.update(probe);
      byte[] signed = signature.sign();
      signature.initVerify(certificate.getPublicKey());
      signature.update(probe);
      return signature.verify(signed);
    } catch (GeneralSecurityException another) {
      return false;
    }
  }
}
