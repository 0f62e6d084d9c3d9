package io.selvage.controller.resource.view;

import com.fasterxml.jackson.databind.JsonNode;
import io.selvage.controller.resource.Checked;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.Violation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Kubernetes' core Service, the fields that a mesh reads.
 *
 * @param selector labels of its workloads; empty means none are selected
 * @param clusterIp empty if not given; {@code None} for a headless service
 * @param externalName only for type {@code ExternalName}
 */
public record Service(
    Resource source,
    String type,
    Map<String, String> selector,
    List<Port> ports,
    String clusterIp,
    String externalName) {

  /** Reads the document; unknown fields are not looked at (the schema refuses them). */
  public static Checked<Service> parse(Resource resource) {
    List<Violation> violations = new ArrayList<>();
    Fields f = new Fields(resource.spec(), "spec", violations);
    String type = f.text("type");
    Service value =
        new Service(
            resource,
            type.isEmpty() ? "ClusterIP" : type,
            f.textMap("selector"),
            f.list("ports", Port::parse),
            f.text("clusterIP"),
            f.text("externalName"));
    return Checked.of(value, violations);
  }

  /**
   * One port.
   *
   * @param protocol {@code TCP} if not given
   * @param appProtocol empty if not given; else wins over the prefix of the name
   * @param targetPort number; null if it is a name
   * @param targetPortName name; empty if it is a number
   */
  public record Port(
      String name,
      int port,
      String protocol,
      String appProtocol,
      @Nullable Integer targetPort,
      String targetPortName) {
    static Port parse(Fields f) {
      int port = f.number("port");
      String protocol = f.text("protocol");
      JsonNode target = f.raw("targetPort");
      boolean named = target != null && target.isTextual();
      Integer number = null;
      if (!named) {
        number = target == null ? port : f.number("targetPort");
      }
      return new Port(
          f.text("name"),
          port,
          protocol.isEmpty() ? "TCP" : protocol,
          f.text("appProtocol"),
          number,
          named ? f.text("targetPort") : "");
    }
  }
}
