package io.selvage.controller.resource.view;

import io.selvage.controller.resource.Checked;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.Violation;
import io.selvage.controller.resource.Violation.Cause;
import io.selvage.controller.resource.ViolationCode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code security.istio.io} PeerAuthentication.
 *
 * @param selector labels; empty means the whole namespace (the whole mesh in the root namespace)
 * @param portLevel mode by the workload's own port
 * @param plaintextPaths what may be asked for in plaintext although the mode is STRICT: health
 *     probes and metrics; from the annotation {@link #PLAINTEXT_PATHS}
 */
public record PeerAuthentication(
    Resource source,
    Map<String, String> selector,
    Mode mode,
    Map<Integer, Mode> portLevel,
    List<PlaintextPath> plaintextPaths) {

  /**
   * Names paths, each with or without a port before it: {@code /healthz, 8081:/metrics, /health/*}.
   */
  public static final String PLAINTEXT_PATHS = "selvage.io/plaintext-paths";

  private static final Pattern PATH =
      Pattern.compile("(?:([1-9][0-9]{0,4}):)?(/[A-Za-z0-9._~/-]*\\*?)");
  private static final int MAX_PATHS = 32;

  public PeerAuthentication {
    plaintextPaths = List.copyOf(plaintextPaths);
  }

  /**
   * A path that is asked for by GET or HEAD.
   *
   * @param port the workload's own; 0 = each
   * @param path whole, or a prefix that ends in {@code *}
   */
  public record PlaintextPath(int port, String path) {}

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
            ports(f),
            paths(resource, violations));
    return Checked.of(value, violations);
  }

  private static List<PlaintextPath> paths(Resource resource, List<Violation> violations) {
    List<PlaintextPath> paths = new ArrayList<>();
    String written = resource.annotations().get(PLAINTEXT_PATHS);
    if (written == null || written.isBlank()) {
      return paths;
    }
    for (String each : written.split(",", -1)) {
      Matcher path = PATH.matcher(each.strip());
      // dots and empty segments are another path to the container than to us
      boolean plain = !each.contains("//") && !each.contains("/.");
      if (plain && path.matches() && paths.size() < MAX_PATHS) {
        String port = path.group(1);
        paths.add(new PlaintextPath(port == null ? 0 : Integer.parseInt(port), path.group(2)));
      } else {
        violations.add(
            new Violation(
                ViolationCode.TYPE.code(),
                "metadata.annotations[" + PLAINTEXT_PATHS + "]",
                Cause.INVALID,
                "\""
                    + each.strip()
                    + "\": must be a path such as /healthz or /health/*, with a port before it as in 8081:/metrics where it is for one port; "
                    + MAX_PATHS
                    + " at most"));
      }
    }
    return paths;
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
