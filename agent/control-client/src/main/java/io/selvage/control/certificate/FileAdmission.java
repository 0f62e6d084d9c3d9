package io.selvage.control.certificate;

import io.selvage.identity.IdentityException;
import io.selvage.identity.Pem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;

/**
 * Attestation by files that others keep fresh: a projected service-account token, or a machine's
 * certificate and key. All are read for each use.
 */
public final class FileAdmission implements Admission {
  private interface Way {
    CertificateClient.Issued enter(CertificateClient client, List<X509Certificate> roots)
        throws IOException, IdentityException, GeneralSecurityException, CertificateException;
  }

  private final Path roots;
  private final Way way;

  private FileAdmission(Path roots, Way way) {
    this.roots = roots;
    this.way = way;
  }

  /**
   * By a service account's token.
   *
   * @param roots file with the roots of the mesh, PEM
   */
  public static FileAdmission token(Path token, Path roots) {
    return new FileAdmission(
        roots,
        (client, trusted) -> {
          String text = Files.readString(token, StandardCharsets.US_ASCII).strip();
          if (text.isEmpty()) {
            throw new IOException(token + " is empty");
          }
          return client.byBearer(text, trusted);
        });
  }

  /**
   * By a machine's certificate.
   *
   * @param certificate chain from the leaf upwards, PEM
   * @param key PKCS#8, PEM
   * @param roots file with the roots of the mesh, PEM
   */
  public static FileAdmission machine(Path certificate, Path key, Path roots) {
    return new FileAdmission(
        roots, (client, trusted) -> client.byMachine(keys(certificate, key), trusted));
  }

  private static KeyManager[] keys(Path certificate, Path key)
      throws IOException, IdentityException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry(
        "machine",
        Pem.privateKey(Files.readString(key)),
        new char[0],
        Pem.certificates(Files.readString(certificate)).toArray(new X509Certificate[0]));
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, new char[0]);
    return factory.getKeyManagers();
  }

  @Override
  public CertificateClient.Issued enter(CertificateClient client) throws CertificateException {
    try {
      return way.enter(client, Pem.certificates(Files.readString(roots)));
    } catch (CertificateException refused) {
      throw new CertificateException(
          refused.code(), String.valueOf(refused.getMessage()), false, refused);
    } catch (IOException | GeneralSecurityException unreadable) {
      throw new CertificateException(
          "SELV-4029",
          "(Settings selvage.token-file, selvage.machine-certificate, selvage.machine-key,"
              + " selvage.ca-file) cannot be used; "
              + unreadable
              + ". Fix: mount them readable for this user; tried again",
          false,
          unreadable);
    }
  }
}
