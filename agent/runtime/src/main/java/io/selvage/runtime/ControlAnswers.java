package io.selvage.runtime;

import io.selvage.control.ControlEvents;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.model.MeshConfig;
import io.selvage.engine.snapshot.HostNames;
import io.selvage.engine.snapshot.PlaintextCallers;
import io.selvage.engine.stack.Engine;
import io.selvage.identity.Svid;
import io.selvage.identity.TrustBundle;
import io.selvage.identity.WorkloadIdentity;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What the control stream is told and asks: publication, reports, questions (contract §3). */
final class ControlAnswers implements ControlEvents {
  private final Engine engine;
  private final WorkloadIdentity identity;
  private final Ports ports;
  private final Readiness readiness;
  private final Supplier<List<Map<String, Object>>> seams;
  private final AgentLog log;
  private final NameResolution names;
  private volatile Supplier<@Nullable ControlLink> link = () -> null;

  ControlAnswers(
      Engine engine,
      WorkloadIdentity identity,
      Ports ports,
      Readiness readiness,
      Supplier<List<Map<String, Object>>> seams,
      AgentLog log) {
    this.engine = engine;
    this.identity = identity;
    this.ports = ports;
    this.readiness = readiness;
    this.seams = seams;
    this.log = log;
    this.names = new NameResolution(NameResolution::system, engine::resolved);
  }

  void connect(Supplier<@Nullable ControlLink> to) {
    link = to;
  }

  /** Names are no longer watched. */
  void close() {
    names.close();
  }

  @Override
  public List<String> publish(MeshConfig config) {
    boolean inbound = !config.inbound().equals(engine.config().inbound());
    List<String> reasons = engine.publish(config).stream().map(Object::toString).toList();
    names.watch(HostNames.asked(config));
    if (inbound) {
      ports.probeAgain();
    }
    return reasons;
  }

  @Override
  public void trust(TrustBundle bundle) {
    // what the controller no longer names is no longer trusted; only our own domain is never lost
    TrustBundle next = bundle;
    Svid svid = identity.svid();
    String own = svid == null ? "" : svid.id().trustDomain();
    if (bundle.of(own).isEmpty() && !identity.state().bundle().of(own).isEmpty()) {
      next = next.with(own, List.copyOf(identity.state().bundle().of(own)));
    }
    if (!next.equals(identity.state().bundle())) {
      identity.trust(next);
      ControlLink to = link.get();
      if (to != null) {
        to.keepIdentity();
      }
    }
  }

  @Override
  public Map<String, Object> report() {
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("ready", readiness.isReady());
    report.put("boundPorts", new ArrayList<>(ports.bound().keySet()));
    Svid svid = identity.svid();
    if (svid != null) {
      report.put(
          "certificate",
          Map.of(
              "serial",
              svid.serial(),
              "notAfter",
              svid.notAfter().toString(),
              "keyHash",
              keyHash(svid)));
    }
    report.put("seams", seams.get());
    report.put("unprotected", new ArrayList<>(ports.unprotected().keySet()));
    ControlLink to = link.get();
    report.put("nacks", to == null ? List.of() : to.state().nacks());
    report.put("warnings", to == null ? List.of() : to.state().warnings());
    Map<String, Object> modes = new LinkedHashMap<>();
    ports
        .bound()
        .keySet()
        .forEach(port -> modes.put(String.valueOf(port), ports.policy(port).mode().toString()));
    report.put("modes", modes);
    report.put("plaintext", engine.plaintextCallers().stream().map(ControlAnswers::told).toList());
    report.put("mode", ports.policy(0).mode().toString());
    report.put(
        "counters",
        Map.of("layerFailures", engine.layerFailures(), "series", engine.series().all().size()));
    return report;
  }

  private static Map<String, Object> told(PlaintextCallers.Caller caller) {
    return Map.of(
        "port",
        caller.port(),
        "address",
        caller.address(),
        "tls",
        caller.tls(),
        "requests",
        caller.requests(),
        "last",
        Instant.ofEpochMilli(caller.lastMillis()).toString());
  }

  /** Lower-case hex SHA-256 of the public key: shows that each certificate has its own. */
  static String keyHash(Svid svid) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(svid.leaf().getPublicKey().getEncoded()));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  @Override
  public Map<String, Object> answer(Map<String, Object> question) {
    try {
      String kind = text(question, "kind", "explain");
      int port = (int) number(question, "port", 80);
      Map<String, String> headers = new LinkedHashMap<>();
      if (question.get("headers") instanceof Map<?, ?> asked) {
        asked.forEach(
            (name, value) ->
                headers.put(String.valueOf(name).toLowerCase(Locale.ROOT), String.valueOf(value)));
      }
      String method = text(question, "method", "GET");
      String path = text(question, "path", "/");
      if (kind.equals("explain-inbound")) {
        String principal = text(question, "principal", "");
        Peer peer =
            new Peer(
                "127.0.0.1",
                0,
                "127.0.0.1",
                port,
                !principal.isEmpty(),
                principal.isEmpty() ? null : principal,
                null,
                null);
        String authority = text(question, "authority", "localhost:" + port);
        return AdminPages.page(
            engine.explainInbound(
                new AdminPages.AskedHead(method, authority, path, headers), peer));
      }
      if (!kind.equals("explain")) {
        return Map.of("error", "unknown kind of question: " + kind);
      }
      String authority = text(question, "authority", "");
      int colon = authority.lastIndexOf(':');
      String host =
          colon > 0 && authority.indexOf(']') < colon ? authority.substring(0, colon) : authority;
      String full = colon > 0 ? authority : authority + ":" + port;
      return AdminPages.page(
          engine.explain(new AdminPages.AskedHead(method, full, path, headers), host, port));
    } catch (RuntimeException bug) {
      return Map.of("error", bug.toString());
    }
  }

  private static String text(Map<String, Object> question, String name, String standard) {
    Object value = question.get(name);
    return value == null || value.toString().isEmpty() ? standard : value.toString();
  }

  private static double number(Map<String, Object> question, String name, double standard) {
    return question.get(name) instanceof Number number ? number.doubleValue() : standard;
  }

  @Override
  public void log(String line) {
    log.line(line);
  }
}
