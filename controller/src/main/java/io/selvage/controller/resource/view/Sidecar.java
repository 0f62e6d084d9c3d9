package io.selvage.controller.resource.view;

import io.selvage.controller.resource.Checked;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.Violation;
import io.selvage.controller.resource.view.TrafficPolicy.ConnectionPool;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code networking.istio.io} Sidecar: what workloads see of the mesh, and how their own ports are
 * opened.
 *
 * @param workloadSelector labels; empty means every workload of the namespace
 * @param egress empty means every host
 * @param outbound null means the mesh's setting
 */
public record Sidecar(
    Resource source,
    Map<String, String> workloadSelector,
    List<Egress> egress,
    List<Ingress> ingress,
    @Nullable ConnectionPool inboundConnectionPool,
    @Nullable Outbound outbound) {

  /** Reads the document; unknown fields are not looked at (the schema refuses them). */
  public static Checked<Sidecar> parse(Resource resource) {
    List<Violation> violations = new ArrayList<>();
    Fields f = new Fields(resource.spec(), "spec", violations);
    Sidecar value =
        new Sidecar(
            resource,
            f.object("workloadSelector").textMap("labels"),
            f.list("egress", Egress::parse),
            f.list("ingress", Ingress::parse),
            f.message("inboundConnectionPool", ConnectionPool::parse),
            f.message("outboundTrafficPolicy", Outbound::parse));
    return Checked.of(value, violations);
  }

  /**
   * Hosts that the workload sees, each {@code NAMESPACE/HOST}.
   *
   * @param port null unless given
   */
  public record Egress(
      @Nullable ListenerPort port, String bind, CaptureMode captureMode, List<String> hosts) {
    static Egress parse(Fields f) {
      return new Egress(
          f.message("port", ListenerPort::parse),
          f.text("bind"),
          f.oneOf("captureMode", CaptureMode.class, CaptureMode.DEFAULT),
          f.texts("hosts"));
    }
  }

  /**
   * One port of the workload.
   *
   * @param tls null unless given
   */
  public record Ingress(
      @Nullable ListenerPort port,
      String bind,
      CaptureMode captureMode,
      String defaultEndpoint,
      @Nullable ServerTls tls,
      @Nullable ConnectionPool connectionPool) {
    static Ingress parse(Fields f) {
      return new Ingress(
          f.message("port", ListenerPort::parse),
          f.text("bind"),
          f.oneOf("captureMode", CaptureMode.class, CaptureMode.DEFAULT),
          f.text("defaultEndpoint"),
          f.message("tls", ServerTls::parse),
          f.message("connectionPool", ConnectionPool::parse));
    }
  }

  /** Number, protocol and name of a port. */
  public record ListenerPort(int number, String protocol, String name) {
    static ListenerPort parse(Fields f) {
      return new ListenerPort(f.number("number"), f.text("protocol"), f.text("name"));
    }
  }

  /** How connections reach a listener. */
  public enum CaptureMode {
    DEFAULT,
    IPTABLES,
    NONE
  }

  /** TLS in front of a port of the workload. */
  public record ServerTls(
      Mode mode,
      String serverCertificate,
      String privateKey,
      String caCertificates,
      List<String> subjectAltNames) {
    /** Who shows a certificate. */
    public enum Mode {
      PASSTHROUGH,
      SIMPLE,
      MUTUAL,
      AUTO_PASSTHROUGH,
      ISTIO_MUTUAL,
      OPTIONAL_MUTUAL
    }

    static ServerTls parse(Fields f) {
      return new ServerTls(
          f.oneOf("mode", Mode.class, Mode.PASSTHROUGH),
          f.text("serverCertificate"),
          f.text("privateKey"),
          f.text("caCertificates"),
          f.texts("subjectAltNames"));
    }
  }

  /**
   * What happens to calls that leave what the workload sees.
   *
   * @param egressProxy where they go instead of straight on; null for straight on
   */
  public record Outbound(Mode mode, @Nullable Destination egressProxy) {
    /** Whether unknown hosts may be called. */
    public enum Mode {
      REGISTRY_ONLY,
      ALLOW_ANY
    }

    static Outbound parse(Fields f) {
      return new Outbound(
          f.oneOf("mode", Mode.class, Mode.REGISTRY_ONLY),
          f.message("egressProxy", Destination::parse));
    }
  }
}
