package io.selvage.control.certificate;

import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.selvage.control.ControlAddress;
import io.selvage.control.ControlChannel;
import io.selvage.control.ControlThreads;
import io.selvage.engine.model.StringMatch;
import io.selvage.engine.model.UpstreamTls;
import io.selvage.identity.IdentityException;
import io.selvage.identity.IdentityTls;
import io.selvage.identity.Pem;
import io.selvage.identity.Svid;
import io.selvage.identity.TrustBundle;
import io.selvage.identity.WorkloadKey;
import io.selvage.xds.istio.auth.IstioCertificateRequest;
import io.selvage.xds.istio.auth.IstioCertificateResponse;
import io.selvage.xds.istio.auth.IstioCertificateServiceGrpc;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Asks a controller for certificates by {@code istio.v1.auth.IstioCertificateService} (contract,
 * sections 1 and 2). Blocks; any thread.
 */
public final class CertificateClient {
  private static final long DEADLINE_SECONDS = 10;

  private final List<ControlAddress> controllers;
  private final Duration lifetime;
  private final ControlThreads threads;

  /**
   * What was issued.
   *
   * @param bundle the root that signed it; added to what is trusted
   */
  public record Issued(Svid svid, TrustBundle bundle) {}

  /**
   * @param controllers the first that answers is used
   * @param lifetime asked for; zero = the controller's default
   */
  public CertificateClient(
      List<ControlAddress> controllers, Duration lifetime, ControlThreads threads) {
    this.controllers = List.copyOf(controllers);
    this.lifetime = lifetime;
    this.threads = threads;
  }

  /** First contact: the token proves who asks, its pin proves who answers. */
  public Issued byToken(JoinToken token) throws CertificateException {
    PinnedTrust trust = new PinnedTrust(token.pin());
    return ask(context(null, trust), token.text(), trust);
  }

  /**
   * Attestation by somebody's token, such as a Kubernetes service account's.
   *
   * @param roots of the mesh: who answers must be under one of them
   */
  public Issued byBearer(String bearer, List<X509Certificate> roots) throws CertificateException {
    PinnedTrust trust = new PinnedTrust(roots);
    return ask(context(null, trust), bearer, trust);
  }

  /**
   * Attestation by a machine's certificate: the handshake proves possession of its key.
   *
   * @param keys the machine's
   * @param roots of the mesh: who answers must be under one of them
   */
  public Issued byMachine(KeyManager[] keys, List<X509Certificate> roots)
      throws CertificateException {
    PinnedTrust trust = new PinnedTrust(roots);
    return ask(context(keys, trust), null, trust);
  }

  private static SSLContext context(KeyManager @Nullable [] keys, PinnedTrust trust) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys, new TrustManager[] {trust}, null);
      return context;
    } catch (GeneralSecurityException missing) {
      throw new IllegalStateException("this Java runtime has no TLS", missing);
    }
  }

  /**
   * Renewal, or the return of a restarted workload: the certificate it has proves who asks.
   *
   * @param tls of the identity whose certificate is shown
   */
  public Issued byCertificate(IdentityTls tls, String trustDomain) throws CertificateException {
    return ask(tls.clientContext(controllerIntent(trustDomain)), null, null);
  }

  /** TLS towards a controller: our certificate, its SPIFFE id. */
  public static UpstreamTls controllerIntent(String trustDomain) {
    return new UpstreamTls(
        true,
        "selvage-controller",
        List.of(new StringMatch.Exact("spiffe://" + trustDomain + PinnedTrust.CONTROLLER, false)),
        List.of("h2"),
        null,
        null,
        null,
        false);
  }

  private Issued ask(SSLContext context, @Nullable String token, @Nullable PinnedTrust trust)
      throws CertificateException {
    CertificateException last =
        new CertificateException(
            "SELV-4023",
            "(Settings selvage.controller) is empty. Fix: set it to host:port of a controller",
            true);
    for (ControlAddress controller : controllers) {
      try {
        return ask(controller, context, token, trust);
      } catch (CertificateException refused) {
        last = refused;
        if (refused.permanent()) {
          break;
        }
      }
    }
    throw last;
  }

  private Issued ask(
      ControlAddress controller,
      SSLContext context,
      @Nullable String token,
      @Nullable PinnedTrust trust)
      throws CertificateException {
    WorkloadKey key = WorkloadKey.create();
    ManagedChannel channel = ControlChannel.open(controller, context.getSocketFactory(), threads);
    try {
      IstioCertificateServiceGrpc.IstioCertificateServiceBlockingStub stub =
          IstioCertificateServiceGrpc.newBlockingStub(channel)
              .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
      if (token != null) {
        Metadata bearer = new Metadata();
        bearer.put(
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
        stub = stub.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(bearer));
      }
      return read(
          stub.createCertificate(
              IstioCertificateRequest.newBuilder()
                  .setCsr(key.signingRequest())
                  .setValidityDuration(lifetime.toSeconds())
                  .build()),
          key);
    } catch (StatusRuntimeException failed) {
      throw refusal(controller, failed, trust);
    } catch (IdentityException damaged) {
      throw new CertificateException(
          "SELV-4022",
          "(Controller "
              + controller
              + ") sent a certificate that cannot be used; "
              + damaged.getMessage()
              + ". Fix: see the controller's log",
          false,
          damaged);
    } finally {
      channel.shutdownNow();
    }
  }

  private static Issued read(IstioCertificateResponse response, WorkloadKey key)
      throws IdentityException {
    List<X509Certificate> chain = Pem.certificates(String.join("\n", response.getCertChainList()));
    Svid svid = Svid.of(chain, key);
    X509Certificate root = chain.get(chain.size() - 1);
    return new Issued(svid, TrustBundle.of(svid.id().trustDomain(), List.of(root)));
  }

  private static CertificateException refusal(
      ControlAddress controller, StatusRuntimeException failed, @Nullable PinnedTrust trust) {
    Status status = failed.getStatus();
    if (trust != null && trust.pinMismatch()) {
      return new CertificateException(
          "SELV-4021",
          "(Controller "
              + controller
              + ") its root is not the one that the token pins or that selvage.ca-file holds: it belongs to another"
              + " mesh, or was set up anew. Fix: make a token at this controller ('selvage token create'), or take"
              + " its root",
          true,
          failed);
    }
    String said =
        status.getDescription() == null ? status.getCode().name() : status.getDescription();
    return switch (status.getCode()) {
      case UNAUTHENTICATED, PERMISSION_DENIED, INVALID_ARGUMENT ->
          new CertificateException(
              "SELV-4022",
              "(Controller " + controller + ") refuses a certificate; it says: " + said,
              true,
              failed);
      default ->
          new CertificateException(
              "SELV-4023",
              "(Controller "
                  + controller
                  + ") gives no certificate; "
                  + said
                  + causes(failed)
                  + ". Fix: start it, or correct selvage.controller; tried again",
              false,
              failed);
    };
  }

  private static String causes(Throwable failed) {
    Throwable cause = failed.getCause();
    return cause == null || cause.getMessage() == null ? "" : " (" + cause.getMessage() + ")";
  }
}
