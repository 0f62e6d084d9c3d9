package io.selvage.runtime;

import io.selvage.control.ControlAddress;
import io.selvage.control.ControlClient;
import io.selvage.control.ControlEvents;
import io.selvage.control.ControlNode;
import io.selvage.control.ControlState;
import io.selvage.control.ControlThreads;
import io.selvage.control.SnapshotFile;
import io.selvage.control.certificate.Admission;
import io.selvage.control.certificate.CertificateClient;
import io.selvage.control.certificate.CertificateKeeper;
import io.selvage.control.certificate.FileAdmission;
import io.selvage.control.certificate.IdentityFiles;
import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.Locality;
import io.selvage.engine.model.UpstreamTls;
import io.selvage.extension.Intent;
import io.selvage.identity.IdentityTls;
import io.selvage.identity.Svid;
import io.selvage.identity.WorkloadIdentity;
import java.io.File;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * The agent's link to its controller: certificate, configuration stream, snapshot; and how the
 * start waits for them.
 */
final class ControlLink implements AutoCloseable {
  /** How the application's start and the first configuration relate. */
  enum StartupMode {
    /** Waits for certificate and configuration, for a bounded time. */
    WAIT,
    /** Starts at once when there is a snapshot, else as {@link #WAIT}. */
    CACHED,
    /** Never waits. */
    OPEN
  }

  private final Settings settings;
  private final WorkloadFacts workload;
  private final WorkloadIdentity identity;
  private final ControlThreads threads = new ControlThreads();
  private final CertificateKeeper keeper;
  private final ControlClient client;

  private ControlLink(
      List<ControlAddress> controllers,
      Settings settings,
      WorkloadFacts workload,
      WorkloadIdentity identity,
      IdentityTls tls,
      @Nullable File folder,
      AgentLog log,
      ControlEvents events) {
    this.settings = settings;
    this.workload = workload;
    this.identity = identity;
    boolean keeps = folder != null && settings.on(Setting.IDENTITY_CACHE);
    keeper =
        new CertificateKeeper(
            new CertificateClient(
                controllers, settings.duration(Setting.CERTIFICATE_LIFETIME), threads),
            identity,
            tls,
            keeps && folder != null ? new IdentityFiles(folder.toPath()) : null,
            settings.isSet(Setting.TOKEN) ? settings.text(Setting.TOKEN) : null,
            admission(settings, log),
            Clock.systemUTC(),
            log::warn,
            ControlLink::unmeshed);
    client =
        new ControlClient(
            controllers,
            this::node,
            address -> sockets(tls, address),
            threads,
            folder == null ? null : new SnapshotFile(folder, log::line),
            events);
  }

  private static @Nullable Admission admission(Settings settings, AgentLog log) {
    boolean token = settings.isSet(Setting.TOKEN_FILE);
    boolean machine = settings.isSet(Setting.MACHINE_CERTIFICATE);
    if (!token && !machine) {
      return null;
    }
    if (!settings.isSet(Setting.CA_FILE) || machine && !settings.isSet(Setting.MACHINE_KEY)) {
      log.warn(
          "SELV-1038",
          "(Settings selvage.ca-file) is not set, or selvage.machine-key is not, so the workload cannot be let in."
              + " Fix: name the file with the mesh's roots, and the key beside its certificate");
      return null;
    }
    Path roots = Path.of(settings.text(Setting.CA_FILE));
    return token
        ? FileAdmission.token(Path.of(settings.text(Setting.TOKEN_FILE)), roots)
        : FileAdmission.machine(
            Path.of(settings.text(Setting.MACHINE_CERTIFICATE)),
            Path.of(settings.text(Setting.MACHINE_KEY)),
            roots);
  }

  /** Null when no controller is set. */
  static @Nullable ControlLink of(
      Settings settings,
      WorkloadFacts workload,
      WorkloadIdentity identity,
      IdentityTls tls,
      @Nullable File folder,
      AgentLog log,
      ControlEvents events) {
    String text = settings.text(Setting.CONTROLLER);
    List<ControlAddress> controllers = ControlAddress.parse(text);
    if (controllers.isEmpty()) {
      log.warn(
          "SELV-1030",
          "(Settings selvage.controller) "
              + (text.isEmpty() ? "not set" : "no address; found '" + text + "'")
              + ", so the application runs unmeshed. Fix: set SELVAGE_CONTROLLER=host:15012, or SELVAGE_ENABLED=false");
      return null;
    }
    return new ControlLink(controllers, settings, workload, identity, tls, folder, log, events);
  }

  private static Runnable unmeshed(Runnable work) {
    return () -> {
      try (Intent mine = Intent.bypass()) {
        work.run();
      }
    };
  }

  private SSLSocketFactory sockets(IdentityTls tls, ControlAddress address) {
    Svid svid = identity.svid();
    String domain = svid == null ? workload.trustDomain() : svid.id().trustDomain();
    UpstreamTls intent = CertificateClient.controllerIntent(domain);
    Endpoint endpoint =
        new Endpoint(
            address.host(),
            address.port(),
            1,
            Endpoint.Health.HEALTHY,
            Locality.UNKNOWN,
            "",
            Endpoint.Workload.UNKNOWN,
            Map.of());
    return tls.clientSockets(intent, endpoint, List.of("h2"));
  }

  /** Namespace and service account are those that were attested, whatever the settings say. */
  private @Nullable ControlNode node() {
    Svid svid = identity.svid();
    if (svid == null || svid.notAfter().isBefore(java.time.Instant.now())) {
      return null;
    }
    WorkloadFacts attested = workload;
    if (!svid.id().namespace().isEmpty()) {
      attested = workload.as(svid.id().namespace(), svid.id().serviceAccount());
    }
    String cluster =
        (attested.service().isEmpty() ? attested.workload() : attested.service())
            + "."
            + attested.namespace();
    return new ControlNode(attested.id(), cluster, attested.locality(), attested.metadata());
  }

  /** Starts and waits as the setting says. */
  void start() {
    StartupMode mode = settings.choice(Setting.STARTUP_MODE, StartupMode.class);
    keeper.start();
    boolean restored = client.restore();
    client.start();
    if (mode == StartupMode.OPEN || mode == StartupMode.CACHED && restored) {
      return;
    }
    Duration most = settings.duration(Setting.STARTUP_TIMEOUT);
    long until = System.nanoTime() + most.toNanos();
    try {
      if (keeper.awaitFirst(most)) {
        long left = Math.max(0, until - System.nanoTime());
        var unused =
            client.awaitConfiguration(Duration.ofMillis(TimeUnit.NANOSECONDS.toMillis(left)));
      }
    } catch (InterruptedException hurry) {
      Thread.currentThread().interrupt();
    }
  }

  ControlState state() {
    return client.state();
  }

  void reportSoon() {
    client.reportSoon();
  }

  /** Writes certificate and bundle, which have changed. */
  void keepIdentity() {
    keeper.keep();
  }

  /** For work off the application's threads. */
  ControlThreads threads() {
    return threads;
  }

  void drain() {
    client.drain(settings.duration(Setting.DRAIN_TIMEOUT));
  }

  @Override
  public void close() {
    client.close();
    keeper.close();
    threads.close();
  }
}
