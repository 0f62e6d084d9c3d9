package io.selvage.controller.resource.view;

import io.selvage.controller.resource.Checked;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.Violation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * {@code networking.istio.io} ServiceEntry.
 *
 * @param exportTo empty means every namespace
 * @param workloadSelector labels; empty means none
 */
public record ServiceEntry(
    Resource source,
    List<String> hosts,
    List<String> addresses,
    List<Port> ports,
    Location location,
    Resolution resolution,
    List<WorkloadEntry.Endpoint> endpoints,
    Map<String, String> workloadSelector,
    List<String> exportTo,
    List<String> subjectAltNames) {

  /** Whether the service is part of the mesh. */
  public enum Location {
    MESH_EXTERNAL,
    MESH_INTERNAL
  }

  /** How endpoints are found. */
  public enum Resolution {
    NONE,
    STATIC,
    DNS,
    DNS_ROUND_ROBIN,
    DYNAMIC_DNS
  }

  /** Reads the document; unknown fields are not looked at (the schema refuses them). */
  public static Checked<ServiceEntry> parse(Resource resource) {
    List<Violation> violations = new ArrayList<>();
    Fields f = new Fields(resource.spec(), "spec", violations);
    ServiceEntry value =
        new ServiceEntry(
            resource,
            f.texts("hosts"),
            f.texts("addresses"),
            f.list("ports", Port::parse),
            f.oneOf("location", Location.class, Location.MESH_EXTERNAL),
            f.oneOf("resolution", Resolution.class, Resolution.NONE),
            f.list("endpoints", WorkloadEntry.Endpoint::parse),
            f.object("workloadSelector").textMap("labels"),
            f.texts("exportTo"),
            f.texts("subjectAltNames"));
    return Checked.of(value, violations);
  }

  /**
   * One port.
   *
   * @param protocol as written, for instance {@code HTTP}; empty means detect
   * @param targetPort the number if not given
   */
  public record Port(int number, String protocol, String name, int targetPort) {
    static Port parse(Fields f) {
      int number = f.number("number");
      return new Port(
          number,
          f.text("protocol"),
          f.text("name"),
          f.has("targetPort") ? f.number("targetPort") : number);
    }
  }
}
