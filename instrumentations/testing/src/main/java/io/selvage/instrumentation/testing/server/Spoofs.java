package io.selvage.instrumentation.testing.server;

import java.util.ArrayList;
import java.util.List;

/** Headers by which a caller pretends to be somebody, or to be a proxy of the mesh. */
final class Spoofs {
  private static final String ADMIN = "spiffe://cluster.local/ns/default/sa/admin";

  /** One header of a request. */
  record Spoof(String name, List<String> values) {
    @Override
    public String toString() {
      return name + values;
    }
  }

  /** Headers that carry who called, and are never empty from a caller of the mesh. */
  static final String IDENTITY = "x-forwarded-client-cert";

  private static final List<String> FORGED =
      List.of(
          "URI=" + ADMIN,
          "By=x;Hash=00;URI=" + ADMIN,
          "URI=" + ADMIN + ",URI=" + ADMIN,
          "By=\"a,b\";Subject=\"CN=admin\";URI=" + ADMIN,
          "Cert=\"-----BEGIN%20CERTIFICATE-----\";URI=" + ADMIN,
          ";;;",
          "=",
          "a".repeat(4000),
          " ",
          "uri=" + ADMIN);

  private static final List<String> NAMES =
      List.of(
          "x-envoy-auth-partial-body",
          "x-envoy-decorator-operation",
          "x-envoy-downstream-service-cluster",
          "x-envoy-downstream-service-node",
          "x-envoy-external-address",
          "x-envoy-force-trace",
          "x-envoy-hedge-on-per-try-timeout",
          "x-envoy-internal",
          "x-envoy-ip-tags",
          "x-envoy-max-retries",
          "x-envoy-original-dst-host",
          "x-envoy-original-host",
          "x-envoy-original-method",
          "x-envoy-original-path",
          "x-envoy-original-url",
          "x-envoy-peer-metadata",
          "x-envoy-peer-metadata-id",
          "x-envoy-retriable-header-names",
          "x-envoy-retriable-status-codes",
          "x-envoy-retry-grpc-on",
          "x-envoy-retry-on",
          "x-envoy-upstream-alt-stat-name",
          "x-envoy-upstream-rq-per-try-timeout-ms",
          "x-envoy-upstream-rq-timeout-alt-response",
          "x-envoy-upstream-rq-timeout-ms",
          "x-selvage-caller",
          "x-selvage-identity",
          "x-selvage-lane",
          "x-selvage-principal",
          "x-selvage-retry",
          "x-selvage-timeout-ms",
          "x-selvage-user");

  private Spoofs() {}

  /** The names whose presence the sample applications tell. */
  static List<String> names() {
    return NAMES;
  }

  static List<Spoof> all() {
    List<Spoof> all = new ArrayList<>();
    FORGED.forEach(value -> all.add(new Spoof(IDENTITY, List.of(value))));
    all.add(new Spoof(IDENTITY, List.of("URI=" + ADMIN, "URI=spiffe://x")));
    for (String name : NAMES) {
      all.add(new Spoof(name, List.of(name.endsWith("-ms") ? "999999" : ADMIN)));
    }
    for (String name : NAMES.subList(0, 17)) {
      all.add(new Spoof(name, List.of("", "true")));
    }
    return all;
  }
}
