package io.selvage.controller.ca;

import io.selvage.controller.ca.CertificateTemplate.Signer;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.cert.jcajce.JcaX509CertificateHolder;

/**
 * Signs workload certificates with an intermediate under a root that need not be on this machine.
 *
 * <p>Files are Istio's for a plugged-in CA: {@code root-cert.pem} (all trusted roots), {@code
 * ca-cert.pem}, {@code ca-key.pem}; keys are encrypted ({@link KeyVault}). Thread-safe.
 */
public final class CertificateAuthority {
  private static final Duration BACK_DATED = Duration.ofMinutes(2);
  private static final Duration ROOT_LIFETIME = Duration.ofDays(3650);
  private static final Duration INTERMEDIATE_LIFETIME = Duration.ofDays(730);
  private final CaSettings settings;
  private final Clock clock;
  private final PrivateFolder folder;
  private final KeyVault vault;
  private final List<Consumer<TrustBundle>> listeners = new CopyOnWriteArrayList<>();
  private final List<Runnable> signerListeners = new CopyOnWriteArrayList<>();
  private final Instant opened;
  private volatile Material material;
  private volatile Instant issuedUntil = Instant.EPOCH;

  /** What one reading of the folder gave; replaced as a whole. */
  private record Material(
      X509Certificate certificate,
      X509Certificate root,
      PrivateKey key,
      TrustBundle bundle,
      List<String> lists) {}

  private CertificateAuthority(CaSettings settings, Clock clock, PrivateFolder folder) {
    this.settings = settings;
    this.clock = clock;
    this.folder = folder;
    this.vault = new KeyVault(folder, settings.place().passphrase());
    this.opened = clock.instant();
    this.material = read();
  }

  /**
   * Opens the authority, making root and intermediate where the folder is empty and settings allow.
   *
   * @throws CodedException SELV-4110 wide modes, SELV-4112 incomplete or contradicting files,
   *     SELV-4114 a key that is not encrypted, SELV-4115 no or the wrong passphrase
   */
  public static CertificateAuthority open(CaSettings settings, Clock clock) {
    PrivateFolder folder = PrivateFolder.open(settings.place().folder());
    if (!folder.has("ca-key.pem") && !folder.has("root-cert.pem") && settings.createMissing()) {
      create(settings, clock, folder);
    }
    RootRotation.finishSigning(folder, new KeyVault(folder, settings.place().passphrase()));
    return new CertificateAuthority(settings, clock, folder);
  }

  private static void create(CaSettings settings, Clock clock, PrivateFolder folder) {
    KeyVault vault = new KeyVault(folder, settings.place().passphrase());
    vault.makePassphrase();
    Made made = make(settings.trustDomain(), clock);
    vault.write("root-key.pem", made.rootKey());
    vault.write("ca-key.pem", made.key());
    folder.write("ca-cert.pem", Pem.of(made.certificate()));
    folder.write("cert-chain.pem", Pem.of(List.of(made.certificate(), made.root())));
    // last: its presence says that the others are complete
    folder.write("root-cert.pem", Pem.of(made.root()));
  }

  /** A root and an intermediate under it, with their keys. */
  record Made(
      X509Certificate root, PrivateKey rootKey, X509Certificate certificate, PrivateKey key) {}

  static Made make(String domain, Clock clock) {
    Instant from = clock.instant().minus(BACK_DATED);
    KeyPair rootKeys = CertificateTemplate.newKeyPair();
    // the name tells roots apart: peers look for issuers by name
    X500Name rootName =
        new X500Name("O=" + domain + ",CN=Selvage root " + TrustBundle.pin(rootKeys.getPublic()));
    Signer root = new Signer(rootName, rootKeys.getPublic(), rootKeys.getPrivate());
    X509Certificate rootCertificate =
        CertificateTemplate.authority(
            root, rootName, rootKeys.getPublic(), from, from.plus(ROOT_LIFETIME), 1, domain);
    KeyPair keys = CertificateTemplate.newKeyPair();
    X509Certificate intermediate =
        CertificateTemplate.authority(
            root,
            new X500Name("O=" + domain + ",CN=Selvage intermediate"),
            keys.getPublic(),
            from,
            from.plus(INTERMEDIATE_LIFETIME),
            0,
            domain);
    return new Made(rootCertificate, rootKeys.getPrivate(), intermediate, keys.getPrivate());
  }

  private Material read() {
    for (String name : List.of("root-cert.pem", "ca-cert.pem", "ca-key.pem")) {
      if (!folder.has(name)) {
        throw invalid(name + " is missing", "put root-cert.pem, ca-cert.pem and ca-key.pem there");
      }
    }
    try {
      List<X509Certificate> roots = Pem.certificates(folder.read("root-cert.pem"));
      List<X509Certificate> own = Pem.certificates(folder.read("ca-cert.pem"));
      PrivateKey key = vault.read("ca-key.pem");
      if (roots.isEmpty() || own.isEmpty()) {
        throw invalid("a PEM file holds no certificate", "restore it");
      }
      X509Certificate certificate = own.get(0);
      check(certificate, key);
      return new Material(
          certificate,
          rootOf(certificate, roots),
          key,
          new TrustBundle(settings.trustDomain(), roots),
          RevocationLists.read(folder, own, roots));
    } catch (IllegalArgumentException e) {
      throw new CodedException(
          "SELV-4112",
          settings.place().folder()
              + ": "
              + e.getMessage()
              + ". Fix: restore the file from a backup.",
          e);
    }
  }

  private CodedException invalid(String what, String fix) {
    return new CodedException(
        "SELV-4112", settings.place().folder() + ": " + what + ". Fix: " + fix + ".");
  }

  private void check(X509Certificate certificate, PrivateKey key) {
    if (certificate.getBasicConstraints() < 0) {
      throw invalid("ca-cert.pem is no CA certificate", "use one with CA:TRUE");
    }
    if (certificate.getNotAfter().toInstant().isBefore(clock.instant())) {
      throw invalid(
          "ca-cert.pem expired at " + certificate.getNotAfter().toInstant(),
          "sign a new intermediate");
    }
    byte[] probe = {1, 2, 3};
    String algorithm = key.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
    try {
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(key);
      signature.update(probe);
      byte[] signed = signature.sign();
      signature.initVerify(certificate.getPublicKey());
      signature.update(probe);
      if (!signature.verify(signed)) {
        throw invalid("ca-key.pem is not the key of ca-cert.pem", "put the pair that belongs");
      }
    } catch (GeneralSecurityException e) {
      throw invalid("ca-key.pem is not the key of ca-cert.pem (" + e + ")", "put the right pair");
    }
  }

  private X509Certificate rootOf(X509Certificate certificate, List<X509Certificate> roots) {
    for (X509Certificate root : roots) {
      try {
        certificate.verify(root.getPublicKey());
        return root;
      } catch (GeneralSecurityException notThisOne) {
        continue;
      }
    }
    throw invalid("ca-cert.pem is signed by no root in root-cert.pem", "add its root");
  }

  /**
   * Reads the folder again: step of a root rotation (add new root, sign with new, drop old).
   *
   * @throws CodedException SELV-4113 where an intermediate is taken into use whose root was not
   *     handed out before, or a root is dropped that the intermediate in use needs
   */
  public void reload() {
    Material next = read();
    Material old = material;
    if (!old.bundle().roots().contains(next.root())) {
      throw new CodedException(
          "SELV-4113",
          "ca-cert.pem is signed by a root that workloads do not trust yet. Fix: first add the new"
              + " root to root-cert.pem and reload, then change ca-cert.pem, last drop the old"
              + " root.");
    }
    if (!next.bundle().roots().contains(old.root())
        && next.certificate().equals(old.certificate())) {
      throw new CodedException(
          "SELV-4113", "the root in use was dropped. Fix: change ca-cert.pem first.");
    }
    if (!next.root().equals(old.root()) && !folder.has(RootRotation.OLD_UNTIL)) {
      folder.write(RootRotation.OLD_UNTIL, issuedUntil() + "\n");
    }
    material = next;
    if (!next.certificate().equals(old.certificate())) {
      signerListeners.forEach(Runnable::run);
    }
    if (!next.bundle().equals(old.bundle()) || !next.lists().equals(old.lists())) {
      listeners.forEach(l -> l.accept(next.bundle()));
    }
  }

  /** The roots handed to workloads. */
  public TrustBundle bundle() {
    return material.bundle();
  }

  /** Revocation lists in {@code ca-crl.pem}, PEM; empty without that file. */
  public List<String> lists() {
    return material.lists();
  }

  PrivateFolder folder() {
    return folder;
  }

  KeyVault vault() {
    return vault;
  }

  X509Certificate certificate() {
    return material.certificate();
  }

  /** No leaf that was signed so far is valid longer; generous after a restart. */
  Instant issuedUntil() {
    Instant before = opened.plus(settings.maxValidity());
    boolean fresh =
        material
            .certificate()
            .getNotBefore()
            .toInstant()
            .plus(BACK_DATED)
            .plusSeconds(5)
            .isAfter(opened);
    return fresh || issuedUntil.isAfter(before) ? issuedUntil : before;
  }

  /** Calls {@code listener} when another intermediate signs, on the thread that changed it. */
  public void onSigner(Runnable listener) {
    signerListeners.add(listener);
  }

  /** The trust domain of every identity that is signed here. */
  public String trustDomain() {
    return settings.trustDomain();
  }

  /** The root above the intermediate in use: what join tokens pin. */
  public X509Certificate root() {
    return material.root();
  }

  PublicKey ownKey() {
    return material.certificate().getPublicKey();
  }

  /**
   * Calls {@code listener} with each new bundle after {@link #reload()}, on the reloading thread.
   */
  public void onBundle(Consumer<TrustBundle> listener) {
    listeners.add(listener);
  }

  /**
   * Signs a leaf for {@code id}: one URI SAN, client and server use.
   *
   * @param asked wished lifetime; zero means the default; cut to the bounds of the settings
   * @return leaf, intermediate, root
   */
  public List<X509Certificate> issue(PublicKey key, SpiffeId id, Duration asked) {
    if (!id.trustDomain().equals(settings.trustDomain())) {
      throw new IllegalArgumentException("identity of another trust domain: " + id);
    }
    List<X509Certificate> chain = issue(key, asked, List.of(uri(id)));
    Instant until = chain.get(0).getNotAfter().toInstant();
    synchronized (this) {
      issuedUntil = until.isAfter(issuedUntil) ? until : issuedUntil;
    }
    return chain;
  }

  /** Signs the controller's own leaf, which also names hosts and addresses. */
  public List<X509Certificate> issueServer(
      PublicKey key, SpiffeId id, List<String> hosts, List<String> addresses, Duration asked) {
    List<GeneralName> names = new ArrayList<>();
    names.add(uri(id));
    hosts.forEach(h -> names.add(new GeneralName(GeneralName.dNSName, h)));
    addresses.forEach(a -> names.add(new GeneralName(GeneralName.iPAddress, a)));
    return issue(key, asked, names);
  }

  private static GeneralName uri(SpiffeId id) {
    return new GeneralName(GeneralName.uniformResourceIdentifier, id.toString());
  }

  private List<X509Certificate> issue(PublicKey key, Duration asked, List<GeneralName> names) {
    Material now = material;
    Instant issuerFrom = now.certificate().getNotBefore().toInstant();
    Instant issuerTo = now.certificate().getNotAfter().toInstant();
    Instant from = clock.instant().minus(BACK_DATED);
    Instant to = clock.instant().plus(settings.bounded(asked));
    X509Certificate leaf =
        CertificateTemplate.leaf(
            signer(now),
            key,
            from.isBefore(issuerFrom) ? issuerFrom : from,
            to.isAfter(issuerTo) ? issuerTo : to,
            names);
    return List.of(leaf, now.certificate(), now.root());
  }

  private static Signer signer(Material now) {
    try {
      return new Signer(
          new JcaX509CertificateHolder(now.certificate()).getSubject(),
          now.certificate().getPublicKey(),
          now.key());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("own certificate cannot be read", e);
    }
  }
}
