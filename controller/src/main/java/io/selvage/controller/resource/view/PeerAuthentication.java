package io.selvage.controller.resource.view;

import io.selvage.controller.resource.Checked;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.Violation;
import io.selvage.controller.resource.Violation.Cause;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * {@code security.istio.io} PeerAuthentication.
 *
 * @param selector labels; empty means the whole namespace (the whole mesh in the root namespace)
 * @param portLevel mode by the workload's own port
 */
public record PeerAuthentication(
    Resource source, Map<String, String> selector, Mode mode, Map<Integer, Mode> portLevel) {

  /** Mutual TLS on the inbound side; {@link #UNSET} inherits. */
  public enum Mode {
    UNSET,
    DISABLE,
    PERMISSIVE,
    STRICT
  }

  /** Reads the document; unknown fields are not looked at (the schema refuses them). */
  public static Checked<PeerAuthentication> parse(Resource resource) {
    List<Violation> violations = new ArrayList<>();
    Fields f = new Fields(resource.spec(), "spec", violations);
    PeerAuthentication value =
        new PeerAuthentication(
            resource,
            f.object("selector").textMap("matchLabels"),
            f.object("mtls").oneOf("mode", Mode.class, Mode.UNSET),
            ports(f));
    return Checked.of(value, violations);
  }

  private static Map<Integer, Mode> ports(Fields f) {
    Map<Integer, Mode> ports = new TreeMap<>();
    f.map("portLevelMtls", m -> m.oneOf("mode", Mode.class, Mode.UNSET))
        .forEach(
            (port, mode) -> {
              if (port.matches("[1-9][0-9]{0,4}") && Integer.parseInt(port) <= 65535) {
                ports.put(Integer.valueOf(port), mode);
              } else {
                f.add(
                    "portLevelMtls[" + port + "]", Cause.INVALID, "key must be a port, 1 to 65535");
              }
            });
    return Collections.unmodifiableMap(ports);
  }
}
