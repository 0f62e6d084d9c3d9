package io.selvage.controller.resource.view;

import io.selvage.controller.resource.Checked;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.Violation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code networking.istio.io} VirtualService.
 *
 * @param gateways empty means {@code mesh}
 * @param exportTo empty means every namespace
 */
public record VirtualService(
    Resource source,
    List<String> hosts,
    List<String> gateways,
    List<String> exportTo,
    List<HttpRoute> http,
    List<TlsRoute> tls,
    List<TcpRoute> tcp) {

  /** Reads the document; unknown fields are not looked at (the schema refuses them). */
  public static Checked<VirtualService> parse(Resource resource) {
    List<Violation> violations = new ArrayList<>();
    Fields f = new Fields(resource.spec(), "spec", violations);
    VirtualService value =
        new VirtualService(
            resource,
            f.texts("hosts"),
            f.texts("gateways"),
            f.texts("exportTo"),
            f.list("http", HttpRoute::parse),
            f.list("tls", TlsRoute::parse),
            f.list("tcp", TcpRoute::parse));
    return Checked.of(value, violations);
  }

  /** Whether the routes apply to calls between workloads. */
  public boolean appliesToMesh() {
    return gateways.isEmpty() || gateways.contains("mesh");
  }

  /** One rule for TLS that passes through unopened, chosen by SNI. */
  public record TlsRoute(List<L4Match> match, List<WeightedDestination> route) {
    static TlsRoute parse(Fields f) {
      return new TlsRoute(
          f.list("match", L4Match::parse), f.list("route", WeightedDestination::parse));
    }
  }

  /** One rule for plain TCP. */
  public record TcpRoute(List<L4Match> match, List<WeightedDestination> route) {
    static TcpRoute parse(Fields f) {
      return new TcpRoute(
          f.list("match", L4Match::parse), f.list("route", WeightedDestination::parse));
    }
  }

  /**
   * Condition on a connection.
   *
   * @param sniHosts empty for TCP rules
   * @param port null matches any
   */
  public record L4Match(
      List<String> sniHosts,
      List<String> destinationSubnets,
      @Nullable Integer port,
      Map<String, String> sourceLabels,
      List<String> gateways,
      String sourceNamespace,
      String sourceSubnet) {
    static L4Match parse(Fields f) {
      return new L4Match(
          f.texts("sniHosts"),
          f.texts("destinationSubnets"),
          f.numberOrNull("port"),
          f.textMap("sourceLabels"),
          f.texts("gateways"),
          f.text("sourceNamespace"),
          f.text("sourceSubnet"));
    }
  }

  /**
   * A destination of a TCP or TLS rule.
   *
   * @param weight 0 if not given; a single destination takes all
   */
  public record WeightedDestination(Destination destination, int weight) {
    static WeightedDestination parse(Fields f) {
      return new WeightedDestination(
          Destination.parse(f.object("destination")), f.number("weight"));
    }
  }
}
