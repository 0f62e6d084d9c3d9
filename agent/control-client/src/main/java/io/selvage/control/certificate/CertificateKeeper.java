package io.selvage.control.certificate;

import io.selvage.identity.IdentityTls;
import io.selvage.identity.Svid;
import io.selvage.identity.TrustBundle;
import io.selvage.identity.WorkloadIdentity;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Gets the workload's certificate and renews it at half life, each time with a new key, on a thread
 * of its own.
 *
 * <p>Order: what the folder holds and is still valid, then the join token. New handshakes use a new
 * certificate at once; nothing is ever weakened when none can be had.
 */
public final class CertificateKeeper implements AutoCloseable {
  private static final Duration BACK_DATED = Duration.ofMinutes(2);
  private static final double[] WARN_AT = {0.5, 0.25, 0.1, 0};

  private final CertificateClient client;
  private final WorkloadIdentity identity;
  private final IdentityTls tls;
  private final @Nullable IdentityFiles files;
  private final @Nullable String token;
  private final @Nullable Admission admission;
  private final Clock clock;
  private final BiConsumer<String, String> warn;
  private final Rotation rotation;
  private final CountDownLatch first = new CountDownLatch(1);
  private final Thread thread;
  private volatile boolean closed;
  private boolean tokenRefused;
  private int warned;

  /**
   * @param files null = nothing is kept over restarts
   * @param token null = none
   * @param admission how the place vouches for the workload; null = it does not
   * @param warn takes code and text of lines for the operator
   * @param unmeshed wraps the thread, so that its connections are left alone
   */
  public CertificateKeeper(
      CertificateClient client,
      WorkloadIdentity identity,
      IdentityTls tls,
      @Nullable IdentityFiles files,
      @Nullable String token,
      @Nullable Admission admission,
      Clock clock,
      BiConsumer<String, String> warn,
      UnaryOperator<Runnable> unmeshed) {
    this.client = client;
    this.identity = identity;
    this.tls = tls;
    this.files = files;
    this.token = token;
    this.admission = admission;
    this.clock = clock;
    this.warn = warn;
    this.rotation = new Rotation(() -> ThreadLocalRandom.current().nextDouble());
    this.thread = new Thread(unmeshed.apply(this::run), "selvage-certificate");
    thread.setDaemon(true);
  }

  /** Reads what the folder holds, on the caller's thread, then goes on in the background. */
  public void start() {
    readKept();
    thread.start();
  }

  /**
   * Waits for a first certificate; false when time is up, or when it is clear that none will come.
   */
  public boolean awaitFirst(Duration atMost) throws InterruptedException {
    return first.await(atMost.toMillis(), TimeUnit.MILLISECONDS) && identity.svid() != null;
  }

  private void readKept() {
    if (files == null) {
      return;
    }
    try {
      IdentityFiles.Kept kept = files.read();
      if (kept != null && kept.svid().notAfter().isAfter(clock.instant())) {
        identity.install(kept.svid(), kept.bundle());
        first.countDown();
      }
    } catch (CertificateException refused) {
      say(refused);
    }
  }

  private void run() {
    int failures = 0;
    while (!closed) {
      Svid current = identity.svid();
      Instant now = clock.instant();
      Instant due = current == null ? now : dueFor(current, now, failures);
      if (!sleepUntil(due)) {
        continue;
      }
      try {
        take(ask());
        failures = 0;
        warned = 0;
      } catch (CertificateException refused) {
        failures++;
        complain(refused, failures);
        if (refused.permanent() && identity.svid() == null) {
          // asking again with the same token is useless, and hammering is rude
          first.countDown();
          return;
        }
        sleepUntil(clock.instant().plus(rotation.afterFailure(failures)));
      } catch (RuntimeException bug) {
        failures++;
        warn.accept(
            "SELV-4028", "(Identity) renewal failed unexpectedly; " + bug + ". Fix: report it");
        sleepUntil(clock.instant().plus(rotation.afterFailure(failures)));
      }
    }
  }

  private Instant renewal = Instant.MIN;
  private @Nullable Svid renewalOf;

  private Instant dueFor(Svid current, Instant now, int failures) {
    if (failures > 0) {
      return now;
    }
    if (renewalOf != current) {
      renewalOf = current;
      renewal = rotation.renewAt(now, current.notAfter());
    }
    return renewal;
  }

  private CertificateClient.Issued ask() throws CertificateException {
    Svid current = identity.svid();
    if (current != null && current.notAfter().isAfter(clock.instant())) {
      try {
        return client.byCertificate(tls, current.id().trustDomain());
      } catch (CertificateException refused) {
        if (admission == null) {
          throw refused;
        }
        // its certificate may be revoked or its root gone; the place still vouches for it
        return admission.enter(client);
      }
    }
    if (admission != null) {
      return admission.enter(client);
    }
    if (token == null || tokenRefused) {
      throw new CertificateException(
          "SELV-4024",
          current == null
              ? "(Settings selvage.token) no identity is kept and no join token is set, so the workload has no"
                  + " certificate. Fix: set it to the output of 'selvage token create'"
              : "(Identity "
                  + current.id()
                  + ") the certificate has expired and the token is used up: mutual TLS is refused, nothing is"
                  + " weakened. Fix: start the workload with a new token",
          true);
    }
    try {
      return client.byToken(JoinToken.parse(token));
    } catch (CertificateException refused) {
      tokenRefused = refused.permanent();
      throw refused;
    }
  }

  private void take(CertificateClient.Issued issued) {
    TrustBundle trusted = identity.state().bundle();
    String domain = issued.svid().id().trustDomain();
    if (trusted.of(domain).containsAll(issued.bundle().of(domain))) {
      identity.install(issued.svid());
    } else {
      java.util.List<java.security.cert.X509Certificate> roots =
          new java.util.ArrayList<>(trusted.of(domain));
      roots.addAll(issued.bundle().of(domain));
      identity.install(issued.svid(), trusted.with(domain, roots));
    }
    first.countDown();
    keep();
  }

  /** Keeps certificate and bundle as they are now; also called when the bundle changes. */
  public void keep() {
    Svid svid = identity.svid();
    if (files != null && svid != null) {
      try {
        files.write(svid, identity.state().bundle());
      } catch (CertificateException unwritable) {
        say(unwritable);
      }
    }
  }

  /** At first failure, then at each quarter of the lifetime that is lost. */
  private void complain(CertificateException refused, int failures) {
    Svid svid = identity.svid();
    if (svid == null) {
      if (failures == 1 || refused.permanent()) {
        say(refused);
      }
      return;
    }
    // authorities date certificates back for clocks that are late
    Duration dated = Duration.between(svid.notBefore(), svid.notAfter());
    Duration life = dated.minus(BACK_DATED);
    double whole = (life.isNegative() || life.isZero() ? dated : life).toMillis();
    double left = Duration.between(clock.instant(), svid.notAfter()).toMillis() / whole;
    while (warned < WARN_AT.length && left <= WARN_AT[warned]) {
      warned++;
      if (warned == WARN_AT.length || left > WARN_AT[warned]) {
        warn.accept(
            refused.code(),
            "(Identity "
                + svid.id()
                + ") not renewed, valid until "
                + svid.notAfter()
                + "; "
                + refused.getMessage());
      }
    }
  }

  private void say(CertificateException refused) {
    warn.accept(refused.code(), String.valueOf(refused.getMessage()));
  }

  /** True when the moment has come, false when the keeper was closed or woken. */
  private boolean sleepUntil(Instant moment) {
    while (!closed) {
      long left = Duration.between(clock.instant(), moment).toMillis();
      if (left <= 0) {
        return true;
      }
      // wakes now and then, as a wall clock may jump
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(Math.min(left, 1_000)));
    }
    return false;
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
  }
}
