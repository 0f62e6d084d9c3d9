package io.selvage.controller.cli;

import io.selvage.controller.envoy.EnvoySidecar;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Prepares a real Envoy as the sidecar of a workload that is not a JVM. */
@Command(
    name = "envoy",
    description =
        "Write certificate and bootstrap for an Envoy beside a workload that is not a JVM; then: envoy -c FOLDER/envoy.json")
final class EnvoyCommand extends Verb {
  @Option(names = "--service", required = true, description = "Name of the service.")
  String service = "";

  @Option(names = "--version", defaultValue = "", description = "Value of the label 'version'.")
  String version = "";

  @Option(
      names = {"-n", "--namespace"},
      description = "Default: the kubeconfig's.")
  @Nullable String namespace;

  @Option(
      names = "--port",
      required = true,
      description =
          "NUMBER:TARGET/PROTOCOL=APP, repeatable: callers name NUMBER, Envoy listens on TARGET, the application on APP.")
  List<String> ports = List.of();

  @Option(
      names = "--address",
      defaultValue = "127.0.0.1",
      description = "Where the ports are reached.")
  String address = "127.0.0.1";

  @Option(
      names = "--bind",
      defaultValue = "127.0.0.1",
      description = "Loopback address on which Envoy listens for what the workload calls.")
  String bind = "127.0.0.1";

  @Option(
      names = "--admin-port",
      defaultValue = "0",
      description = "Envoy's admin page on loopback; 0 = none.")
  int adminPort;

  @Option(
      names = "--lifetime",
      defaultValue = "86400",
      description = "Seconds asked for the certificate.")
  long lifetimeSeconds;

  @Option(names = "--folder", required = true, description = "Where to write; made private.")
  @Nullable Path folder;

  @Override
  public void run() {
    EnvCommand.requireName("--service", service);
    ApiClient api = api();
    String in = namespace == null ? api.config().namespace() : namespace;
    List<EnvoySidecar.Port> all = new ArrayList<>();
    for (String text : ports) {
      int at = text.lastIndexOf('=');
      if (at < 0 || !text.substring(at + 1).matches("\\d{1,5}")) {
        throw new CliException(
            "SELV-8041",
            "(--port) names no application port; found '"
                + text
                + "'. Fix: such as 9080:19080/http=8080.");
      }
      PortSpec port = PortSpec.parse(text.substring(0, at));
      all.add(
          new EnvoySidecar.Port(
              port.number(),
              port.target(),
              Integer.parseInt(text.substring(at + 1)),
              port.protocol()));
    }
    String token = TokenCommand.create(api, in, service, 1, 600).path("token").asText();
    String controller = api.get("/selvage/v1/version").path("xds").asText();
    try {
      Path bootstrap =
          EnvoySidecar.prepare(
              new EnvoySidecar.Workload(
                  controller,
                  token,
                  service,
                  version,
                  in,
                  service,
                  address,
                  all,
                  bind,
                  adminPort,
                  Duration.ofSeconds(lifetimeSeconds)),
              java.util.Objects.requireNonNull(folder).toAbsolutePath());
      out()
          .println(
              json()
                  ? ApiClient.JSON
                      .createObjectNode()
                      .put("bootstrap", bootstrap.toString())
                      .toString()
                  : "envoy -c " + bootstrap);
    } catch (IOException e) {
      throw new CliException("SELV-8300", String.valueOf(e.getMessage()), e);
    }
  }
}
