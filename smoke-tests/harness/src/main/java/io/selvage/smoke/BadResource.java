package io.selvage.smoke;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * One bad resource among good ones is refused alone, with its field path; the shipped agent goes on
 * with the rest.
 */
public final class BadResource {
  private static final String RDS = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration";
  private static final String LDS = "type.googleapis.com/envoy.config.listener.v3.Listener";

  private final Path folder;

  private BadResource(Path folder) {
    this.folder = folder;
  }

  private static String node(String service, int target) {
    return """
        {"id": "sidecar~127.0.0.1~%1$s.default~default.svc.cluster.local",
         "metadata": {"NAMESPACE": "default", "SERVICE_ACCOUNT": "%1$s", "WORKLOAD_NAME": "%1$s", "INSTANCE_IPS": ["127.0.0.1"], "LABELS": {"app": "%1$s"},
          "SELVAGE": {"agent": "test", "instance": "%1$s", "service": "%1$s", "ports": [{"number": 9080, "target": %2$d, "protocol": "http"}]}}}
        """
        .formatted(service, target);
  }

  private Child start(HandmadeControlPlane plane, String service, int port) {
    Map<String, String> env =
        Map.of(
            "SERVER_PORT",
            "" + port,
            "SELVAGE_CONTROLLER",
            plane.address(),
            "SELVAGE_TOKEN",
            plane.token(service),
            "SELVAGE_SERVICE",
            service,
            "SELVAGE_SERVICE_ACCOUNT",
            service,
            "SELVAGE_PORTS",
            "9080:" + port + "/http",
            "SELVAGE_DATA_DIR",
            folder.resolve(service).toString());
    List<String> command =
        List.of(
            "java",
            "-Xmx256m",
            "-XX:TieredStopAtLevel=1",
            "-javaagent:" + Checkout.agentJar(),
            "-jar",
            Checkout.app(service).toString());
    Child child = Child.start(service, folder, env, command);
    child.await(service + " to listen", Duration.ofSeconds(120), () -> Ports.accepts(port));
    return child;
  }

  /**
   * Starts an xDS server with good resources and one bad route table, two applications with the
   * agent, and looks.
   *
   * @return the text of the refusal
   * @throws IllegalStateException when more than the bad one is refused, or the good ones do not
   *     work
   */
  public static String refusedAlone() throws Exception {
    Path folder = Files.createTempDirectory("selvage-nack-");
    return new BadResource(folder).look();
  }

  private String look() throws Exception {
    int pagePort = Checkout.freePort();
    int detailsPort = Checkout.freePort();
    Path own =
        Files.createDirectory(
            folder.resolve("plane"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    try (HandmadeControlPlane plane = new HandmadeControlPlane(own)) {
      plane.translate("", List.of(node("productpage", pagePort), node("details", detailsPort)));
      plane.put(RDS, "9999", Any.pack(badRoutes(), "type.googleapis.com/"));
      plane.put(LDS, "0.0.0.0_9999", listenerLikeThatOf9080(plane));
      try (Child details = start(plane, "details", detailsPort);
          Child page = start(plane, "productpage", pagePort)) {
        Waiting.until("the NACK", Duration.ofSeconds(30), () -> !plane.nacks().isEmpty());
        String url = "http://127.0.0.1:" + pagePort + "/api/v1/products/0";
        Waiting.until(
            "details through the good resources",
            Duration.ofSeconds(30),
            () -> Load.get(url).body().contains("CANARY-DETAILS"));
        return judge(plane, page.log() + details.log());
      }
    }
  }

  private static String judge(HandmadeControlPlane plane, String logs) {
    for (String nack : plane.nacks()) {
      if (!nack.startsWith(RDS) || !nack.contains("9999") || !nack.contains("regex")) {
        throw new IllegalStateException("refused without need: " + nack);
      }
    }
    if (!plane.acks().contains(LDS)) {
      throw new IllegalStateException("the good listeners were not accepted: " + plane.acks());
    }
    if (!logs.contains("9999") || !logs.contains("[SELV-3")) {
      throw new IllegalStateException("the agent's log does not say so");
    }
    return plane.nacks().get(0).substring(RDS.length() + 2);
  }

  private static RouteConfiguration badRoutes() {
    return RouteConfiguration.newBuilder()
        .setName("9999")
        .addVirtualHosts(
            VirtualHost.newBuilder()
                .setName("bad")
                .addDomains("*")
                .addRoutes(
                    Route.newBuilder()
                        .setMatch(
                            RouteMatch.newBuilder()
                                .setSafeRegex(RegexMatcher.newBuilder().setRegex("(unclosed")))
                        .setRoute(
                            RouteAction.newBuilder()
                                .setCluster("outbound|9080||details.default.svc.cluster.local"))))
        .build();
  }

  /** The good listener under another port, so that somebody asks for the bad routes. */
  private static Any listenerLikeThatOf9080(HandmadeControlPlane plane) throws Exception {
    Listener good = plane.resource(LDS, "0.0.0.0_9080").unpack(Listener.class);
    Listener.Builder other = good.toBuilder().setName("0.0.0.0_9999");
    other.getAddressBuilder().getSocketAddressBuilder().setPortValue(9999);
    byte[] renamed = other.build().toByteArray();
    Listener.Builder changed = Listener.parseFrom(renamed).toBuilder();
    changed
        .getFilterChainsBuilderList()
        .forEach(
            chain ->
                chain
                    .getFiltersBuilderList()
                    .forEach(
                        filter -> {
                          try {
                            var manager =
                                filter
                                    .getTypedConfig()
                                    .unpack(
                                        io.envoyproxy.envoy.extensions.filters.network
                                            .http_connection_manager.v3.HttpConnectionManager.class)
                                    .toBuilder();
                            manager.getRdsBuilder().setRouteConfigName("9999");
                            filter.setTypedConfig(Any.pack(manager.build()));
                          } catch (com.google.protobuf.InvalidProtocolBufferException e) {
                            throw new IllegalStateException(e);
                          }
                        }));
    return Any.pack(changed.build());
  }
}
