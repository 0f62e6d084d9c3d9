package io.selvage.controller.resource.view;

import io.selvage.controller.resource.Checked;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.Violation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code networking.istio.io} WorkloadEntry. */
public record WorkloadEntry(Resource source, Endpoint endpoint) {

  /** Reads the document; unknown fields are not looked at (the schema refuses them). */
  public static Checked<WorkloadEntry> parse(Resource resource) {
    List<Violation> violations = new ArrayList<>();
    Fields f = new Fields(resource.spec(), "spec", violations);
    return Checked.of(new WorkloadEntry(resource, Endpoint.parse(f)), violations);
  }

  /**
   * An address with its attributes; also the endpoint of a ServiceEntry.
   *
   * @param ports target port by port name; empty means the service's target ports
   * @param weight null if not given (1)
   */
  public record Endpoint(
      String address,
      Map<String, Integer> ports,
      Map<String, String> labels,
      String network,
      String locality,
      @Nullable Integer weight,
      String serviceAccount) {
    static Endpoint parse(Fields f) {
      return new Endpoint(
          f.text("address"),
          f.numberMap("ports"),
          f.textMap("labels"),
          f.text("network"),
          f.text("locality"),
          f.numberOrNull("weight"),
          f.text("serviceAccount"));
    }
  }
}
