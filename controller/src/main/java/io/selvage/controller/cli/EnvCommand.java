package io.selvage.controller.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Prints the export lines that put a JVM into the mesh (contract, section 6). */
@Command(
    name = "env",
    description =
        "Print the environment that puts any JVM into the mesh: eval \"$(selvage env --service NAME)\"; java -jar any.jar")
final class EnvCommand extends Verb {
  @Option(names = "--service", required = true, description = "Name of the service.")
  String service = "";

  @Option(
      names = {"-n", "--namespace"},
      description = "Default: the kubeconfig's.")
  @Nullable String namespace;

  @Option(names = "--version", description = "Value of the label 'version'.")
  @Nullable String version;

  @Option(
      names = "--port",
      description =
          "NUMBER[:TARGET][/PROTOCOL], repeatable: callers name NUMBER, the application listens on TARGET; http (default), http2, grpc or tcp.")
  List<String> ports = List.of();

  @Option(names = "--service-account", description = "Default: the service's name.")
  @Nullable String serviceAccount;

  @Option(
      names = "--uses",
      defaultValue = "1",
      description = "How often the token may be redeemed.")
  int uses;

  @Option(names = "--ttl", defaultValue = "600", description = "Seconds until the token expires.")
  int ttlSeconds;

  @Override
  public void run() {
    requireName("--service", service);
    List<String> checked = ports.stream().map(PortSpec::parse).map(PortSpec::text).toList();
    ApiClient api = api();
    String in = namespace == null ? api.config().namespace() : namespace;
    requireName("--namespace", in);
    String account = serviceAccount == null ? service : serviceAccount;
    String token = TokenCommand.create(api, in, account, uses, ttlSeconds).path("token").asText();
    Map<String, String> env = new LinkedHashMap<>();
    env.put("SELVAGE_CONTROLLER", api.get("/selvage/v1/version").path("xds").asText());
    env.put("SELVAGE_TOKEN", token);
    env.put("SELVAGE_SERVICE", service);
    env.put("SELVAGE_NAMESPACE", in);
    env.put("SELVAGE_SERVICE_ACCOUNT", account);
    if (version != null) {
      env.put("SELVAGE_VERSION", version);
    }
    if (!checked.isEmpty()) {
      env.put("SELVAGE_PORTS", String.join(",", checked));
    }
    env.put("SELVAGE_DATA_DIR", dataDir(in).toString());
    print(env);
  }

  private Path dataDir(String in) {
    List<String> name = new ArrayList<>(List.of(in, service));
    if (version != null) {
      name.add(version);
    }
    if (!ports.isEmpty()) {
      name.add("" + PortSpec.parse(ports.get(0)).target());
    }
    return Home.user().resolve("workloads").resolve(String.join(".", name));
  }

  private void print(Map<String, String> env) {
    String agent = "-javaagent:" + Home.agentJar();
    if (json()) {
      ObjectNode node = ApiClient.JSON.createObjectNode();
      env.forEach(node::put);
      node.put("JAVA_TOOL_OPTIONS", agent);
      printJson(node);
      return;
    }
    env.forEach((name, value) -> out().println("export " + name + "=" + quote(value)));
    out()
        .println(
            "export JAVA_TOOL_OPTIONS=\"${JAVA_TOOL_OPTIONS:+$JAVA_TOOL_OPTIONS }\""
                + quote(agent));
  }

  static String quote(String value) {
    return "'" + value.replace("'", "'\\''") + "'";
  }

  static void requireName(String option, String value) {
    if (!value.matches("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")) {
      throw new CliException(
          "SELV-8040",
          "("
              + option
              + ") is not a DNS label; found '"
              + value
              + "'. Fix: use lower-case letters, digits and '-', at most 63.");
    }
  }
}
