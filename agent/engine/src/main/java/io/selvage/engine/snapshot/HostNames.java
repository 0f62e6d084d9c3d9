package io.selvage.engine.snapshot;

import io.selvage.engine.match.Cidr;
import io.selvage.engine.model.Cluster;
import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.Endpoints;
import io.selvage.engine.model.MeshConfig;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Addresses of the names that endpoints of {@code STRICT_DNS} clusters go by: each address is an
 * endpoint of its own. A name without addresses stays what it is, for the library to resolve.
 * Immutable.
 *
 * @param known by question; never an empty list
 */
public record HostNames(Map<Question, List<String>> known) {
  public static final HostNames NONE = new HostNames(Map.of());

  public HostNames {
    known = Map.copyOf(known);
  }

  /** A name, and which of its addresses are wanted. */
  public record Question(String host, Cluster.Family family) {}

  /** What a configuration asks for; of several clusters the one that asks most often counts. */
  public static Map<Question, Cluster.Dns> asked(MeshConfig config) {
    Map<Question, Cluster.Dns> asked = new HashMap<>();
    for (Cluster cluster : config.clusters().values()) {
      if (cluster.discovery() == Cluster.Discovery.STRICT_DNS) {
        for (Endpoints.Group group : cluster.staticGroups()) {
          for (Endpoint endpoint : group.endpoints()) {
            if (!Cidr.isAddress(endpoint.address())) {
              asked.merge(
                  new Question(endpoint.address(), cluster.dns().family()),
                  cluster.dns(),
                  (a, b) -> a.refresh().compareTo(b.refresh()) <= 0 ? a : b);
            }
          }
        }
      }
    }
    return asked;
  }

  /** The endpoints that an endpoint stands for. */
  List<Endpoint> endpoints(Cluster cluster, Endpoint endpoint) {
    List<String> addresses =
        cluster.discovery() == Cluster.Discovery.STRICT_DNS
            ? known.get(new Question(endpoint.address(), cluster.dns().family()))
            : null;
    if (addresses == null) {
      return List.of(endpoint);
    }
    List<Endpoint> all = new ArrayList<>();
    for (String address : addresses) {
      all.add(
          new Endpoint(
              address,
              endpoint.port(),
              endpoint.weight(),
              endpoint.health(),
              endpoint.locality(),
              endpoint.tlsMode(),
              endpoint.workload(),
              endpoint.metadata(),
              endpoint.hostName().isEmpty() ? endpoint.address() : endpoint.hostName()));
    }
    return all;
  }
}
