package io.selvage.controller.ca;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.selvage.controller.ca.proto.IstioCertificateRequest;
import io.selvage.controller.ca.proto.IstioCertificateResponse;
import io.selvage.controller.ca.proto.IstioCertificateServiceGrpc.IstioCertificateServiceImplBase;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code istio.v1.auth.IstioCertificateService}: a certificate for whom attestation says the caller
 * is.
 *
 * <p>Attestation is a bearer join token or, without one, the client certificate of the connection.
 * Limits stand before any cryptography. Thread-safe.
 */
public final class CertificateService extends IstioCertificateServiceImplBase {
  private static final Logger LOG = LoggerFactory.getLogger(CertificateService.class);
  private final CertificateAuthority authority;
  private final Attestation attestation;
  private final Predicate<SpiffeId> revoked;
  private final AttestationAudit audit;
  // wrong guesses from one network before it is locked out, to one guess a second
  private static final int WRONG_AT_ONCE = 5;
  private final RateLimit perCaller;
  private final RateLimit failures;
  private final RateLimit signing;

  private CertificateService(
      CertificateAuthority authority,
      Attestation attestation,
      Predicate<SpiffeId> revoked,
      AttestationAudit audit,
      LongSupplier nanoTime) {
    this.authority = authority;
    this.attestation = attestation;
    this.revoked = revoked;
    this.audit = audit;
    this.perCaller = new RateLimit(50, 200, nanoTime);
    this.failures = new RateLimit(1, WRONG_AT_ONCE, nanoTime);
    this.signing = new RateLimit(500, 500, nanoTime);
  }

  /** Join tokens and our own certificates are the only ways in; nobody is revoked. */
  public CertificateService(
      CertificateAuthority authority, JoinTokens tokens, LongSupplier nanoTime) {
    this(
        authority,
        new Attestation(tokens, null, null),
        id -> false,
        AttestationAudit.NONE,
        nanoTime);
  }

  /** Everything that {@code identities} and {@code settings} know. */
  public static CertificateService of(
      MeshAuthority identities, AttestationSettings settings, LongSupplier nanoTime) {
    return new CertificateService(
        identities.authority(),
        new Attestation(identities.tokens(), settings.kubernetes(), settings.machines()),
        identities.revocations()::isRevoked,
        settings.audit(),
        nanoTime);
  }

  @Override
  public void createCertificate(
      IstioCertificateRequest request, StreamObserver<IstioCertificateResponse> answer) {
    String caller = orUnknown(PeerCertificate.ADDRESS.get());
    try {
      refuseTooMany(caller);
      List<X509Certificate> chain = issue(request, caller);
      IstioCertificateResponse.Builder response = IstioCertificateResponse.newBuilder();
      chain.forEach(c -> response.addCertChain(Pem.of(c)));
      LOG.info(
          "signed serial {} for {} until {}, asked by {}",
          chain.get(0).getSerialNumber().toString(16),
          SpiffeId.of(chain.get(0)).map(SpiffeId::toString).orElse("?"),
          chain.get(0).getNotAfter().toInstant(),
          caller);
      answer.onNext(response.build());
      answer.onCompleted();
    } catch (CodedException refused) {
      failures.tryTake(network(caller));
      LOG.warn("{} (caller {})", refused.getMessage(), caller);
      answer.onError(status(refused).asRuntimeException());
    } catch (io.grpc.StatusRuntimeException limited) {
      answer.onError(limited);
    } catch (RuntimeException broken) {
      LOG.error("[SELV-4108] certificate request of {} failed", caller, broken);
      answer.onError(
          Status.INTERNAL
              .withDescription("[SELV-4108] the authority failed. Fix: see the controller's log.")
              .asRuntimeException());
    }
  }

  /** Before any cryptography. */
  private void refuseTooMany(String caller) {
    String network = network(caller);
    if (!perCaller.tryTake(network) || !failures.has(network) || !signing.tryTake("")) {
      throw Status.RESOURCE_EXHAUSTED
          .withDescription(
              "[SELV-4107] too many certificate requests from "
                  + caller
                  + ". Fix: wait a second and try again; check the token if it was refused"
                  + " before.")
          .asRuntimeException();
    }
  }

  /** Whoever has an IPv6 address has 2^64 of them. */
  static String network(String caller) {
    if (caller.indexOf(':') < 0) {
      return caller;
    }
    String[] groups = caller.split(":", -1);
    return groups.length == 8 ? String.join(":", List.of(groups).subList(0, 4)) : caller;
  }

  private List<X509Certificate> issue(IstioCertificateRequest request, String caller) {
    String bearer = PeerCertificate.BEARER.get();
    X509Certificate leaf = PeerCertificate.LEAF.get();
    String how = attestation.described(bearer, leaf);
    String identity = "-";
    try {
      Attestation.Proof proof = attestation.prove(bearer, PeerCertificate.IDENTITY.get(), leaf);
      how = proof.how();
      identity = proof.identity().toString();
      if (revoked.test(proof.identity())) {
        throw new CodedException(
            "SELV-4141",
            proof.identity()
                + " is revoked and gets no certificate. Fix: 'selvage revoke --lift' accepts it"
                + " again.");
      }
      PublicKey key =
          SigningRequest.publicKey(request.getCsr(), proof.identity(), authority.ownKey());
      // last, so that a bad request does not use a token up
      SpiffeId used = attestation.use(proof);
      long seconds = Math.min(Math.max(request.getValidityDuration(), 0), Integer.MAX_VALUE);
      List<X509Certificate> chain = authority.issue(key, used, Duration.ofSeconds(seconds));
      audit(request, caller, identity, how, "", TrustBundle.pin(chain.get(0)));
      return chain;
    } catch (CodedException refused) {
      audit(request, caller, identity, how, refused.code(), "");
      throw refused;
    }
  }

  private void audit(
      IstioCertificateRequest request,
      String caller,
      String identity,
      String how,
      String code,
      String result) {
    audit.append(
        new AttestationAudit.Row(
            caller, identity, how, code, TrustBundle.digest(request.getCsr()), result));
  }

  private static Status status(CodedException refused) {
    Status status =
        refused.code().equals("SELV-4120") ? Status.INVALID_ARGUMENT : Status.UNAUTHENTICATED;
    return status.withDescription(refused.getMessage());
  }

  private static String orUnknown(@Nullable String text) {
    return text == null ? "unknown" : text;
  }
}
