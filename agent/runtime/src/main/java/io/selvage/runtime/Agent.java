package io.selvage.runtime;

import io.selvage.engine.flow.Clock;
import io.selvage.engine.model.FilterChain;
import io.selvage.engine.stack.Engine;
import io.selvage.extension.Mesh;
import io.selvage.extension.PortPolicy;
import io.selvage.identity.IdentityTls;
import io.selvage.identity.Svid;
import io.selvage.identity.WorkloadIdentity;
import io.selvage.tooling.SeamFile;
import io.selvage.tooling.SeamStatus;
import io.selvage.tooling.WeaveReport;
import io.selvage.tooling.Weaving;
import java.io.File;
import java.io.IOException;
import java.lang.instrument.Instrumentation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The agent of one JVM, put together: the only class that knows all parts. */
final class Agent {
  private final Settings settings;
  private final AgentLog log;
  private final WorkloadFacts workload;
  private final WorkloadIdentity identity = new WorkloadIdentity();
  private final Telemetry telemetry;
  private final OwnCalls ownCalls;
  private final Engine engine;
  private final TimerThread timer;
  private final Ports ports;
  private final PortProbe probe;
  private final IdentityTls tls;
  private final WeaveReport weaving = new WeaveReport();
  private final Readiness readiness;
  private final AdminPages pages;
  private final ControlAnswers answers;
  private final @Nullable ControlLink link;
  private @Nullable AdminServer admin;

  private Agent(Settings settings, AgentLog log, WorkloadFacts workload, @Nullable File folder) {
    this.settings = settings;
    this.log = log;
    this.workload = workload;
    telemetry = Telemetry.of(settings, workload, folder);
    ownCalls = new OwnCalls(settings, this::isMeshed);
    engine =
        Engine.builder(workload.node())
            .tokens(ownCalls.tokens(log))
            .gateways(OwnCalls.gateways(settings.text(Setting.TRUSTED_GATEWAYS)))
            .accessLog(telemetry.accessLog())
            .spans(telemetry.spans())
            .audit(telemetry.audit())
            .failures(
                (layer, bug) ->
                    log.warnSometimes(
                        "SELV-6900",
                        "(Layer "
                            + layer
                            + ") failed; "
                            + bug
                            + ". Fix: report it with the request's access-log line"))
            .build();
    timer =
        new TimerThread(
            Clock.SYSTEM,
            bug ->
                log.warnSometimes(
                    "SELV-6901", "(Timer) a task failed; " + bug + ". Fix: report it"));
    ports =
        new Ports(
            engine::portMode,
            engine::isGuarded,
            settings.choice(Setting.MTLS_MODE, PortPolicy.Mode.class));
    tls =
        new IdentityTls(
            identity,
            this::inboundTls,
            java.time.Clock.systemUTC(),
            refusal ->
                log.warnSometimes(refusal.code(), "(TLS) " + withoutCode(refusal.getMessage())));
    probe = new PortProbe(tls, () -> identity.svid() != null, log);
    readiness =
        new Readiness(
            ports,
            workload,
            settings.choice(Setting.UNPROTECTED_PORT, Readiness.Unprotected.class));
    pages = new AdminPages(workload, identity, engine, ports, weaving, tls.keyExchanges());
    answers = new ControlAnswers(engine, identity, ports, readiness, pages::seams, log);
    ControlLink made = ControlLink.of(settings, workload, identity, tls, folder, log, answers);
    link = made;
    answers.connect(() -> made);
    pages.connect(() -> made == null ? null : made.state());
  }

  private boolean isMeshed(String host) {
    return engine.knows(host);
  }

  /** Starts everything; returns when the application may run. */
  static void start(Settings settings, Instrumentation inst) {
    long started = System.nanoTime();
    AgentLog log =
        new AgentLog(
            System.err, settings.choice(Setting.LOG_LEVEL, AgentLog.Level.class), System::nanoTime);
    List<String> complaints = new ArrayList<>();
    WorkloadFacts workload =
        WorkloadFacts.of(settings, OwnAddress.guess(settings.text(Setting.CONTROLLER)), complaints);
    Agent agent = new Agent(settings, log, workload, DataFolder.of(settings, workload, log));
    Mesh.install(new RunningMesh(agent.engine, agent.tls, agent.timer, agent.ports, log));
    agent.weave(inst);
    agent.ports.watch(agent.probe, agent::reportSoon);
    agent.openAdmin();
    agent.connect();
    settings.complaints().forEach(log::line);
    complaints.forEach(log::line);
    Thread drain = new Thread(agent::drain, "selvage-drain");
    Runtime.getRuntime().addShutdownHook(drain);
    agent.sayStarted((System.nanoTime() - started) / 1_000_000);
  }

  private void connect() {
    ControlLink to = link;
    if (to != null) {
      to.start();
      readiness.watch(to.threads().control(), to.threads().transport(), this::reportSoon);
    }
  }

  private void reportSoon() {
    ControlLink to = link;
    if (to != null) {
      to.reportSoon();
    }
  }

  private FilterChain.@Nullable DownstreamTls inboundTls(int port) {
    FilterChain.DownstreamTls any = null;
    for (FilterChain chain : engine.config().inbound().chains()) {
      if (chain.tls() != null && chain.port() == port) {
        return chain.tls();
      }
      if (chain.tls() != null && chain.port() == 0) {
        any = chain.tls();
      }
    }
    return any;
  }

  private static String withoutCode(@Nullable String message) {
    String text = message == null ? "" : message;
    return text.startsWith("[") ? text.substring(text.indexOf(']') + 1).strip() : text;
  }

  private void weave(Instrumentation inst) {
    weaving.onFault(log::line);
    ClassLoader loader = Agent.class.getClassLoader();
    if (loader == null) {
      return;
    }
    List<SeamFile> files =
        SeamFile.left(
            Weaving.shipped(loader),
            settings::instruments,
            (name, other) ->
                log.warn(
                    "SELV-1023",
                    "(Settings selvage.instrumentation."
                        + other
                        + ".enabled) is false, so "
                        + name
                        + " is off too: without "
                        + other
                        + " its connections would not be mutual TLS. Fix: switch both off, or"
                        + " neither"));
    Weaving.install(inst, loader, files, weaving).selfCheckAfter(Duration.ofSeconds(3));
  }

  private void openAdmin() {
    int wanted = settings.number(Setting.ADMIN_PORT, 0, 65_535);
    if (wanted == 0 && settings.isSet(Setting.ADMIN_PORT)) {
      return;
    }
    try {
      AdminServer server = AdminServer.open(wanted, pages.routes());
      ports.own(server.port());
      admin = server;
      if (server.port() != wanted && settings.isSet(Setting.ADMIN_PORT)) {
        log.warn(
            "SELV-1021",
            "(Settings selvage.admin-port) the port "
                + wanted
                + " is taken; metrics and health are on "
                + server.port()
                + ". Fix: set a free one");
      }
    } catch (IOException none) {
      log.warn(
          "SELV-1020",
          "(Settings selvage.admin-port) no port from "
              + wanted
              + " on can be opened; "
              + none.getMessage()
              + "; metrics and health are not served. Fix: set a free one");
    }
  }

  private void drain() {
    readiness.drain();
    ControlLink to = link;
    if (to != null) {
      to.drain();
      to.close();
    }
    telemetry.close();
    AdminServer server = admin;
    if (server != null) {
      server.close();
    }
    answers.close();
    ownCalls.close();
    probe.close();
    timer.close();
  }

  private void sayStarted(long millis) {
    int active = 0;
    int skipped = 0;
    for (SeamStatus seam : weaving.snapshot()) {
      if (seam.isFault()) {
        skipped++;
      } else {
        active++;
      }
    }
    Svid svid = identity.svid();
    AdminServer server = admin;
    log.info(
        "SELV-1000",
        "Selvage "
            + WorkloadFacts.AGENT_VERSION
            + " service="
            + (workload.service().isEmpty() ? "-" : workload.service() + "." + workload.namespace())
            + " version="
            + (workload.version().isEmpty() ? "-" : workload.version())
            + " identity="
            + (svid == null ? "none" : svid.id())
            + " mode="
            + ports.policy(-1).mode()
            + " configuration="
            + (link == null
                ? "none"
                : link.state().source().name().toLowerCase(java.util.Locale.ROOT))
            + " controller="
            + (settings.isSet(Setting.CONTROLLER) ? settings.text(Setting.CONTROLLER) : "none")
            + " admin="
            + (server == null ? "off" : server.port())
            + " seams="
            + active
            + " active, "
            + skipped
            + " skipped, "
            + millis
            + " ms");
  }
}
