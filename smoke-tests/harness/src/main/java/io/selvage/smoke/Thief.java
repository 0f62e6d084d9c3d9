package io.selvage.smoke;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.util.Base64;
import java.util.Collection;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;

/** Somebody who copied a workload's certificate and key, and speaks TLS with them by himself. */
public final class Thief implements AutoCloseable {
  private final SSLSocket socket;
  private final X509Certificate leaf;

  private Thief(SSLSocket socket, X509Certificate leaf) {
    this.socket = socket;
    this.leaf = leaf;
  }

  /** The folder below {@code where} in which a workload of that name keeps its identity. */
  public static Path find(Path where, String workload) throws IOException {
    try (Stream<Path> files = Files.walk(where)) {
      return files
          .filter(f -> f.endsWith("identity.pem") && f.toString().contains(workload))
          .findFirst()
          .orElseThrow(() -> new IOException("no identity of " + workload + " below " + where))
          .getParent();
    }
  }

  /** A copy of it, which stays what it is when the workload renews its own. */
  public static Path steal(Path identity) throws IOException {
    Path stolen = Files.createTempDirectory("selvage-stolen-");
    for (String file : new String[] {"identity.pem", "key.pem"}) {
      Files.copy(identity.resolve(file), stolen.resolve(file));
    }
    return stolen;
  }

  /** A connection whose handshake is over on both sides. */
  public static Thief connect(Path identity, int port)
      throws IOException, GeneralSecurityException {
    byte[] pem = Files.readAllBytes(identity.resolve("identity.pem"));
    Collection<? extends Certificate> chain =
        CertificateFactory.getInstance("X.509")
            .generateCertificates(new java.io.ByteArrayInputStream(pem));
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry("stolen", key(identity), new char[0], chain.toArray(new Certificate[0]));
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, new char[0]);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), new TrustManager[] {StrangerIdentity.trustsAnyone()}, null);
    SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket();
    socket.connect(new InetSocketAddress("127.0.0.1", port), 5_000);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {"istio-http/1.1", "http/1.1"});
    socket.setSSLParameters(parameters);
    socket.setSoTimeout(5_000);
    socket.startHandshake();
    return new Thief(socket, (X509Certificate) chain.iterator().next());
  }

  private static PrivateKey key(Path identity) throws IOException, GeneralSecurityException {
    String text = Files.readString(identity.resolve("key.pem")).replaceAll("-----.*-----|\\s", "");
    return KeyFactory.getInstance("EC")
        .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(text)));
  }

  /** Whether a request on a new connection is answered with 200. */
  public static boolean isLetIn(Path identity, int port) throws GeneralSecurityException {
    try (Thief thief = connect(identity, port)) {
      return thief.get("/details/0").startsWith("HTTP/1.1 200");
    } catch (IOException refused) {
      return false;
    }
  }

  /** The serial number of the certificate, in hexadecimal. */
  public String serial() {
    return leaf.getSerialNumber().toString(16);
  }

  /** One request; the first bytes of the answer. */
  public String get(String path) throws IOException {
    socket
        .getOutputStream()
        .write(
            ("GET " + path + " HTTP/1.1\r\nHost: details\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
    socket.getOutputStream().flush();
    byte[] first = new byte[4096];
    int count = socket.getInputStream().read(first);
    return count < 0 ? "" : new String(first, 0, count, StandardCharsets.ISO_8859_1);
  }

  /** Whether the other side ends the connection in that time, with nothing being sent. */
  public boolean awaitEnd(Duration atMost) throws IOException {
    socket.setSoTimeout((int) atMost.toMillis());
    InputStream in = socket.getInputStream();
    byte[] some = new byte[1024];
    try {
      int count = 0;
      while (count >= 0) {
        count = in.read(some);
      }
      return true;
    } catch (SocketTimeoutException open) {
      return false;
    } catch (SSLException | java.net.SocketException ended) {
      return true;
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
