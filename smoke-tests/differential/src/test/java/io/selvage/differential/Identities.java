package io.selvage.differential;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/** Self-signed certificates with SPIFFE ids, made by the JDK's keytool; each is its own root. */
final class Identities {
  private static final char[] PASSWORD = "differential".toCharArray();
  private final Map<String, KeyStore> stores = new LinkedHashMap<>();

  Identities(Path folder, List<String> spiffeIds) throws Exception {
    int number = 0;
    for (String id : spiffeIds) {
      Path file = folder.resolve("id" + number++ + ".p12");
      Files.deleteIfExists(file);
      Process keytool =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                  "-genkeypair",
                  "-keyalg",
                  "EC",
                  "-groupname",
                  "secp256r1",
                  "-dname",
                  "CN=" + number,
                  "-ext",
                  "san=uri:" + id,
                  "-alias",
                  "one",
                  "-storetype",
                  "PKCS12",
                  "-keystore",
                  file.toString(),
                  "-storepass",
                  new String(PASSWORD))
              .redirectErrorStream(true)
              .start();
      String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (keytool.waitFor() != 0) {
        throw new IOException("keytool: " + said);
      }
      KeyStore store = KeyStore.getInstance("PKCS12");
      try (InputStream in = Files.newInputStream(file)) {
        store.load(in, PASSWORD);
      }
      stores.put(id, store);
    }
  }

  /** All certificates: what a server that knows them trusts. */
  String roots() throws GeneralSecurityException {
    StringBuilder all = new StringBuilder();
    for (KeyStore store : stores.values()) {
      all.append(certificate(store));
    }
    return all.toString();
  }

  String certificate(String id) throws GeneralSecurityException {
    return certificate(stores.get(id));
  }

  private static String certificate(KeyStore store) throws GeneralSecurityException {
    return pem("CERTIFICATE", store.getCertificate("one").getEncoded());
  }

  String key(String id) throws GeneralSecurityException {
    Key key = stores.get(id).getKey("one", PASSWORD);
    return pem("PRIVATE KEY", key.getEncoded());
  }

  private static String pem(String label, byte[] bytes) {
    String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
    return "-----BEGIN " + label + "-----\n" + body + "\n-----END " + label + "-----\n";
  }

  /** A caller that shows this identity and believes any server. */
  SSLContext client(String id) throws GeneralSecurityException {
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(stores.get(id), PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), new TrustManager[] {new Anybody()}, null);
    return context;
  }

  private static final class Anybody extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
