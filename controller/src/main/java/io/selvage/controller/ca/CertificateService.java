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
  private final JoinTokens tokens;
  private final RateLimit perCaller;
  private final RateLimit failures;
  private final RateLimit signing;

  /** Attempts and signings are limited per caller address and overall; see the fields' values. */
  public CertificateService(
      CertificateAuthority authority, JoinTokens tokens, LongSupplier nanoTime) {
    this.authority = authority;
    this.tokens = tokens;
    this.perCaller = new RateLimit(50, 200, nanoTime);
    this.failures = new RateLimit(1, 20, nanoTime);
    this.signing = new RateLimit(500, 500, nanoTime);
  }

  @Override
  public void createCertificate(
      IstioCertificateRequest request, StreamObserver<IstioCertificateResponse> answer) {
    String caller = orUnknown(PeerCertificate.ADDRESS.get());
    try {
      if (!perCaller.tryTake(caller) || !failures.has(caller) || !signing.tryTake("")) {
        throw Status.RESOURCE_EXHAUSTED
            .withDescription(
                "[SELV-4107] too many certificate requests from "
                    + caller
                    + ". Fix: wait a second and try again; check the token if it was refused"
                    + " before.")
            .asRuntimeException();
      }
      List<X509Certificate> chain = issue(request);
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
      failures.tryTake(caller);
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

  private List<X509Certificate> issue(IstioCertificateRequest request) {
    String token = PeerCertificate.BEARER.get();
    SpiffeId proven = PeerCertificate.IDENTITY.get();
    SpiffeId identity;
    if (token != null) {
      identity = tokens.check(token);
    } else if (proven != null) {
      identity = proven;
    } else {
      throw new CodedException(
          "SELV-4104",
          "the certificate request carries neither a join token nor a client certificate. Fix: set"
              + " SELVAGE_TOKEN to the output of 'selvage token create'.");
    }
    PublicKey key = SigningRequest.publicKey(request.getCsr(), identity, authority.ownKey());
    if (token != null) {
      // last, so that a bad request does not use the token up
      identity = tokens.redeem(token);
    }
    long seconds = Math.min(Math.max(request.getValidityDuration(), 0), Integer.MAX_VALUE);
    return authority.issue(key, identity, Duration.ofSeconds(seconds));
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
