package io.selvage.instrumentation.tomcat;

import io.selvage.instrumentation.testing.client.Credentials;
import io.selvage.instrumentation.testing.server.HttpServerContract;
import io.selvage.instrumentation.testing.server.SampleServer;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import org.apache.tomcat.util.net.SSLHostConfig;
import org.apache.tomcat.util.net.SSLHostConfigCertificate;

/** Embedded Tomcat as Spring Boot 3 runs it, HTTP/2 enabled. */
class TomcatContractTest extends HttpServerContract {
  @Override
  protected SampleServer start() throws Exception {
    return new TomcatSample();
  }

  @Override
  protected SampleServer startWithTls(Credentials own) throws Exception {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    keys.load(null, null);
    keys.setKeyEntry(
        "own", own.key(), "changeit".toCharArray(), own.chain().toArray(new X509Certificate[0]));
    SSLHostConfig tls = new SSLHostConfig();
    SSLHostConfigCertificate certificate =
        new SSLHostConfigCertificate(tls, SSLHostConfigCertificate.Type.EC);
    certificate.setCertificateKeystore(keys);
    certificate.setCertificateKeyPassword("changeit");
    tls.addCertificate(certificate);
    return new TomcatSample(tls);
  }

  @Override
  public String seam() {
    return "tomcat";
  }
}
