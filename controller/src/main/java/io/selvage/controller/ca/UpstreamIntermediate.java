package io.selvage.controller.ca;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps an intermediate that an {@link UpstreamAuthority} signs. Thread-safe. */
final class UpstreamIntermediate {
  private static final Logger LOG = LoggerFactory.getLogger(UpstreamIntermediate.class);
  private final UpstreamAuthority upstream;
  private final CaSettings settings;
  private final Clock clock;

  UpstreamIntermediate(UpstreamAuthority upstream, CaSettings settings, Clock clock) {
    this.upstream = upstream;
    this.settings = settings;
    this.clock = clock;
  }

  /** Fills an empty folder; does nothing with one that has an intermediate. */
  void provide() {
    PrivateFolder folder = PrivateFolder.open(settings.place().folder());
    if (folder.has("ca-key.pem") || folder.has("root-cert.pem")) {
      return;
    }
    UpstreamAuthority.Signed signed = upstream.sign(settings.trustDomain(), clock);
    KeyVault vault = new KeyVault(folder, settings.place().passphrase());
    vault.makePassphrase();
    vault.write("ca-key.pem", signed.keys().getPrivate());
    folder.write("ca-cert.pem", Pem.of(signed.certificate()));
    folder.write("cert-chain.pem", Pem.of(java.util.List.of(signed.certificate(), signed.root())));
    // last: its presence says that the others are complete
    folder.write("root-cert.pem", Pem.of(signed.root()));
  }

  /**
   * Takes a new key and intermediate once half of the lifetime is over. A failure is logged, and
   * the intermediate in use stays.
   */
  void renewWhenDue(CertificateAuthority authority) {
    Instant from = authority.certificate().getNotBefore().toInstant();
    Instant until = authority.certificate().getNotAfter().toInstant();
    if (clock.instant().isBefore(from.plus(Duration.between(from, until).dividedBy(2)))) {
      return;
    }
    try {
      UpstreamAuthority.Signed signed = upstream.sign(settings.trustDomain(), clock);
      if (!authority.bundle().roots().contains(signed.root())) {
        throw new CodedException(
            "SELV-4182",
            "the upstream authority signs with a root that workloads do not trust yet. Fix: add it"
                + " to root-cert.pem, then 'selvage ca rotate reload'.");
      }
      RootRotation.replaceSigner(authority, signed);
      LOG.info("new intermediate until {}", signed.certificate().getNotAfter().toInstant());
    } catch (CodedException refused) {
      LOG.warn("{} (intermediate valid until {})", refused.getMessage(), until);
    }
  }
}
