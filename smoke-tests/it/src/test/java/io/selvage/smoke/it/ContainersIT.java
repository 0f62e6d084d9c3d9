package io.selvage.smoke.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.selvage.smoke.Checkout;
import io.selvage.smoke.Cli;
import io.selvage.smoke.Load;
import io.selvage.smoke.Stranger;
import io.selvage.smoke.Waiting;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.BindMode;
import org.testcontainers.containers.Container;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.DockerImageName;

/** Two containers that know the mesh by JAVA_TOOL_OPTIONS alone, and the controller in a third. */
class ContainersIT {
  private static final String IMAGE = "selvage/smoke:local";
  private static final String DATA = "/tmp/selvage";
  private static Network network;
  private static GenericContainer<?> controller;
  private static GenericContainer<?> details;
  private static GenericContainer<?> productpage;

  @BeforeAll
  static void up() throws Exception {
    assumeTrue(DockerClientFactory.instance().isDockerAvailable(), "no Docker engine answers");
    Cli.run(
            Map.of(),
            null,
            Duration.ofMinutes(5),
            List.of(Checkout.root().resolve("smoke-tests/image/build").toString(), IMAGE))
        .orFail("image");
    network = Network.newNetwork();
    controller =
        container("controller")
            .withFileSystemBind(
                Checkout.controllerJar().toString(),
                "/opt/selvage/selvage-controller.jar",
                BindMode.READ_ONLY)
            .withCommand(
                "java",
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                "selvage-controller.jar",
                "io.selvage.controller.Main",
                "dev",
                "up",
                "--bind",
                "0.0.0.0",
                "--data-dir",
                DATA)
            .waitingFor(
                Wait.forLogMessage(".*kubeconfig.*\\n", 1)
                    .withStartupTimeout(Duration.ofSeconds(60)))
            .withExposedPorts(15443);
    controller.start();
    details = application("details", "details", Map.of("SERVER_PORT", "9080"));
    productpage = application("productpage", "productpage", Map.of("SERVER_PORT", "9080"));
  }

  private static GenericContainer<?> container(String alias) {
    return new GenericContainer<>(DockerImageName.parse(IMAGE))
        .withImagePullPolicy(name -> false)
        .withNetwork(network)
        .withNetworkAliases("box-" + alias);
  }

  private static GenericContainer<?> application(
      String service, String jar, Map<String, String> env) throws Exception {
    Container.ExecResult token =
        controller.execInContainer(
            "java",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            "selvage-controller.jar",
            "io.selvage.controller.Main",
            "token",
            "create",
            "--service-account",
            service,
            "--kubeconfig",
            DATA + "/kubeconfig");
    assertThat(token.getExitCode()).as(token.getStderr()).isZero();
    GenericContainer<?> app =
        container(service)
            .withFileSystemBind(
                Checkout.agentJar().toString(),
                "/opt/selvage/selvage-agent.jar",
                BindMode.READ_ONLY)
            .withFileSystemBind(
                Checkout.app(jar).toString(), "/opt/selvage/app.jar", BindMode.READ_ONLY)
            .withEnv(env)
            .withEnv(
                "JAVA_TOOL_OPTIONS",
                "-javaagent:/opt/selvage/selvage-agent.jar=controller=box-controller:15012,token="
                    + token.getStdout().trim()
                    + ",service="
                    + service
                    + ",ports=9080")
            .withCommand("java", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-jar", "app.jar")
            .withExposedPorts(9080)
            .waitingFor(
                Wait.forLogMessage(".*(details listens on|Started Productpage).*\\n", 1)
                    .withStartupTimeout(Duration.ofSeconds(90)));
    app.start();
    return app;
  }

  @AfterAll
  static void down() {
    for (GenericContainer<?> c : java.util.Arrays.asList(productpage, details, controller)) {
      if (c != null) {
        c.stop();
      }
    }
    if (network != null) {
      network.close();
    }
  }

  @Test
  void callsWorkByNamesThatNoDnsKnowsAndAreMutualTls() throws Exception {
    String page = "http://127.0.0.1:" + productpage.getMappedPort(9080) + "/api/v1/products/0";
    Waiting.until(
        "details through the mesh",
        Duration.ofSeconds(30),
        () -> Load.get(page).body().contains("CANARY-DETAILS"));

    Container.ExecResult resolved = productpage.execInContainer("cat", "/etc/hosts");
    assertThat(resolved.getStdout()).doesNotContain("\tdetails");
    assertThat(details.getLogs()).contains("spiffe://cluster.local/ns/default/sa/details");
  }

  @Test
  void strictReachesContainers() throws Exception {
    int port = details.getMappedPort(9080);
    assertThat(Stranger.plaintext(port, "/details/0", Stranger.Speech.HTTP1).served()).isTrue();
    String strict =
        """
        {"apiVersion":"security.istio.io/v1","kind":"PeerAuthentication","metadata":{"name":"default","namespace":"default"},"spec":{"selector":{"matchLabels":{"app":"details"}},"mtls":{"mode":"STRICT"}}}""";
    Container.ExecResult applied =
        controller.execInContainer(
            "sh",
            "-c",
            "java -XX:TieredStopAtLevel=1 -cp selvage-controller.jar io.selvage.controller.Main apply -f - --kubeconfig "
                + DATA
                + "/kubeconfig <<'E'\n"
                + strict
                + "\nE");
    assertThat(applied.getExitCode()).as(applied.getStderr()).isZero();

    Waiting.until(
        "STRICT",
        Duration.ofSeconds(10),
        () -> !Stranger.plaintext(port, "/details/0", Stranger.Speech.HTTP1).served());
    assertThat(
            Load.get("http://127.0.0.1:" + productpage.getMappedPort(9080) + "/api/v1/products/0")
                .body())
        .contains("CANARY-DETAILS");
  }
}
