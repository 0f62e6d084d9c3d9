package io.selvage.controller.ca;

import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.selvage.controller.ca.proto.IstioCertificateRequest;
import io.selvage.controller.ca.proto.IstioCertificateResponse;
import io.selvage.controller.ca.proto.IstioCertificateServiceGrpc;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/**
 * An authority elsewhere that signs our intermediate, by the contract that workloads use with us
 * ({@code istio.v1.auth.IstioCertificateService}): the root's key is never here. Blocks; any
 * thread.
 */
public final class UpstreamAuthority {
  private static final Duration LIFETIME = Duration.ofDays(30);
  private static final long DEADLINE_SECONDS = 15;
  private static final int CERT_SIGN = 5;
  private final String address;
  private final List<X509Certificate> tlsRoots;
  private final List<X509Certificate> roots;
  private final Supplier<String> bearer;

  /** What came back. */
  record Signed(KeyPair keys, X509Certificate certificate, X509Certificate root) {}

  /**
   * An authority at {@code host:port}.
   *
   * @param tlsRoots who may sign the certificate of its server
   * @param roots who may be above our intermediate: the roots of the mesh
   * @param bearer our token for it, read for each use; empty = none
   */
  public UpstreamAuthority(
      String address,
      List<X509Certificate> tlsRoots,
      List<X509Certificate> roots,
      Supplier<String> bearer) {
    this.address = address;
    this.tlsRoots = List.copyOf(tlsRoots);
    this.roots = List.copyOf(roots);
    this.bearer = bearer;
  }

  /**
   * Asks for an intermediate of a trust domain.
   *
   * @throws CodedException SELV-4180 no answer, SELV-4181 an answer that cannot be used
   */
  Signed sign(String trustDomain, Clock clock) {
    KeyPair keys = CertificateTemplate.newKeyPair();
    List<X509Certificate> chain = ask(request(keys, trustDomain));
    if (chain.size() != 2) {
      throw unusable("holds " + chain.size() + " certificates; wanted intermediate and root");
    }
    X509Certificate certificate = chain.get(0);
    X509Certificate root = chain.get(1);
    boolean[] usage = certificate.getKeyUsage();
    if (!certificate.getPublicKey().equals(keys.getPublic())) {
      throw unusable("is for another key");
    }
    if (certificate.getBasicConstraints() < 0 || usage == null || !usage[CERT_SIGN]) {
      throw unusable("is not the certificate of an authority");
    }
    if (!roots.contains(root)) {
      throw unusable("is under a root that was not named; found " + TrustBundle.pin(root));
    }
    try {
      certificate.verify(root.getPublicKey());
    } catch (GeneralSecurityException e) {
      throw unusable("is not signed by its root");
    }
    Instant now = clock.instant();
    if (certificate.getNotAfter().toInstant().isBefore(now.plus(Duration.ofHours(1)))
        || certificate.getNotBefore().toInstant().isAfter(now)) {
      throw unusable("is valid until " + certificate.getNotAfter().toInstant() + " only");
    }
    return new Signed(keys, certificate, root);
  }

  private static String request(KeyPair keys, String trustDomain) {
    try {
      ExtensionsGenerator wishes = new ExtensionsGenerator();
      wishes.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
      wishes.addExtension(
          Extension.keyUsage,
          true,
          new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign | KeyUsage.digitalSignature));
      wishes.addExtension(
          Extension.subjectAlternativeName,
          false,
          new GeneralNames(
              new GeneralName(GeneralName.uniformResourceIdentifier, "spiffe://" + trustDomain)));
      byte[] der =
          new JcaPKCS10CertificationRequestBuilder(
                  new X500Name("O=" + trustDomain + ",CN=Selvage intermediate"), keys.getPublic())
              .addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, wishes.generate())
              .build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate()))
              .getEncoded();
      return Pem.block("CERTIFICATE REQUEST", der);
    } catch (IOException | OperatorCreationException e) {
      throw new IllegalStateException("this Java runtime cannot make a signing request", e);
    }
  }

  private List<X509Certificate> ask(String csr) {
    ManagedChannel channel = null;
    try {
      channel =
          NettyChannelBuilder.forTarget(address)
              .sslContext(
                  GrpcSslContexts.forClient()
                      .trustManager(tlsRoots.toArray(new X509Certificate[0]))
                      .build())
              .build();
      var stub =
          IstioCertificateServiceGrpc.newBlockingStub(channel)
              .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
      String token = bearer.get();
      if (!token.isEmpty()) {
        Metadata headers = new Metadata();
        headers.put(
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
        stub = stub.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
      }
      IstioCertificateResponse answer =
          stub.createCertificate(
              IstioCertificateRequest.newBuilder()
                  .setCsr(csr)
                  .setValidityDuration(LIFETIME.toSeconds())
                  .build());
      return Pem.certificates(String.join("\n", answer.getCertChainList()));
    } catch (StatusRuntimeException | IOException e) {
      throw new CodedException(
          "SELV-4180",
          "the upstream authority "
              + address
              + " gives no intermediate; "
              + e.getMessage()
              + ". Fix: check address, authority and token; the intermediate in use stays.",
          e);
    } catch (IllegalArgumentException e) {
      throw unusable("cannot be read (" + e.getMessage() + ")");
    } finally {
      if (channel != null) {
        channel.shutdownNow();
      }
    }
  }

  private CodedException unusable(String what) {
    return new CodedException(
        "SELV-4181",
        "what the upstream authority "
            + address
            + " signed "
            + what
            + ". Fix: let it sign intermediates (CA:TRUE, keyCertSign) under the root of"
            + " --upstream-root.");
  }
}
