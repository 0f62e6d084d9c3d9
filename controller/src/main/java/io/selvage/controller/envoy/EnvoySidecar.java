package io.selvage.controller.envoy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.selvage.controller.ca.proto.IstioCertificateRequest;
import io.selvage.controller.ca.proto.IstioCertificateServiceGrpc;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/**
 * Gives a workload that is not a JVM its identity and an Envoy bootstrap that joins the mesh
 * without interception: Envoy listens on the workload's mesh ports and on loopback for what it
 * calls.
 *
 * <p>The key pair is made here and stays in {@code folder} (0600). The certificate is as long-lived
 * as asked and allowed; Envoy reads it at its start, so it is renewed by preparing again and
 * restarting Envoy.
 */
public final class EnvoySidecar {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * What to prepare.
   *
   * @param controller {@code host:port} of the control port
   * @param token a join token for {@code namespace} and {@code serviceAccount}
   * @param address IP address on which the mesh ports are reached
   * @param bind loopback address on which Envoy listens for what the workload calls
   * @param adminPort of Envoy's own admin page on loopback; 0 = none
   * @param lifetime asked for; the controller may shorten it
   */
  public record Workload(
      String controller,
      String token,
      String service,
      String version,
      String namespace,
      String serviceAccount,
      String address,
      List<Port> ports,
      String bind,
      int adminPort,
      Duration lifetime) {
    public Workload {
      ports = List.copyOf(ports);
    }
  }

  /**
   * One port of the service.
   *
   * @param number that callers name
   * @param target on which Envoy listens with mutual TLS
   * @param app on which the application listens, in plaintext on loopback
   * @param protocol {@code http}, {@code http2}, {@code grpc} or {@code tcp}
   */
  public record Port(int number, int target, int app, String protocol) {}

  private EnvoySidecar() {}

  /**
   * Writes {@code key.pem}, {@code chain.pem}, {@code roots.pem} and {@code envoy.json} and returns
   * the last.
   *
   * @throws IOException when the folder cannot be written, or the controller refuses: its coded
   *     text is the message
   */
  public static Path prepare(Workload workload, Path folder) throws IOException {
    try {
      Files.createDirectories(folder);
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      KeyPair keys = generator.generateKeyPair();
      PinnedRoot pin = PinnedRoot.ofToken(workload.token());
      List<String> chain = certificate(workload, keys, pin);
      write(folder.resolve("key.pem"), pem(keys.getPrivate()));
      write(folder.resolve("chain.pem"), String.join("", chain.subList(0, chain.size() - 1)));
      write(folder.resolve("roots.pem"), chain.get(chain.size() - 1));
      Path bootstrap = folder.resolve("envoy.json");
      write(
          bootstrap,
          JSON.writerWithDefaultPrettyPrinter()
              .writeValueAsString(EnvoyBootstrap.of(workload, folder, pin.trustDomain())));
      return bootstrap;
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new IOException(
          "[SELV-8301] no certificate could be made; "
              + e.getMessage()
              + ". Fix: run with a JDK that has EC keys.",
          e);
    }
  }

  private static List<String> certificate(Workload workload, KeyPair keys, PinnedRoot pin)
      throws IOException, OperatorCreationException {
    String csr =
        pem(
            new JcaPKCS10CertificationRequestBuilder(
                    new X500Principal("O=" + workload.service()), keys.getPublic())
                .build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate())));
    int colon = workload.controller().lastIndexOf(':');
    if (colon < 0) {
      throw new IOException(
          "[SELV-8302] (--controller) is not host:port; found '"
              + workload.controller()
              + "'. Fix: give both, such as 127.0.0.1:15012.");
    }
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(
                workload.controller().substring(0, colon),
                Integer.parseInt(workload.controller().substring(colon + 1)))
            .sslContext(GrpcSslContexts.forClient().trustManager(pin).build())
            .overrideAuthority("selvage-controller")
            .build();
    try {
      Metadata bearer = new Metadata();
      bearer.put(
          Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER),
          "Bearer " + workload.token());
      return List.copyOf(
          IstioCertificateServiceGrpc.newBlockingStub(channel)
              .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(bearer))
              .withDeadlineAfter(20, TimeUnit.SECONDS)
              .createCertificate(
                  IstioCertificateRequest.newBuilder()
                      .setCsr(csr)
                      .setValidityDuration(workload.lifetime().toSeconds())
                      .build())
              .getCertChainList());
    } catch (io.grpc.StatusRuntimeException refused) {
      throw new IOException(
          "the controller at "
              + workload.controller()
              + " refused: "
              + refused.getStatus().getCode()
              + " "
              + refused.getStatus().getDescription(),
          refused);
    } finally {
      channel.shutdownNow();
    }
  }

  private static String pem(Object what) throws IOException {
    StringWriter text = new StringWriter();
    try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
      writer.writeObject(
          what instanceof PrivateKey key
              ? new org.bouncycastle.openssl.jcajce.JcaPKCS8Generator(key, null)
              : what);
    }
    return text.toString();
  }

  private static void write(Path file, String text) throws IOException {
    Files.deleteIfExists(file);
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(file, text, StandardCharsets.UTF_8);
  }
}
