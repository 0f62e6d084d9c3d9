package io.selvage.smoke;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * An unmodified application as its user would start it: {@code eval "$(bin/selvage env --service
 * …)"; java -jar any.jar}.
 *
 * @param ports {@code number:target[/protocol]} as given to {@code selvage env --port}
 * @param readyPort loopback port that accepts connections when the application is up
 */
public record Workload(
    String service,
    String version,
    String namespace,
    List<String> ports,
    int readyPort,
    List<String> java,
    Map<String, String> env) {

  /** Name of the process and its log. */
  public String name() {
    return service + (version.isEmpty() ? "" : "-" + version) + "-" + readyPort;
  }

  /** The same with another variable in its environment. */
  public Workload with(String key, String value) {
    Map<String, String> more = new LinkedHashMap<>(env);
    more.put(key, value);
    return new Workload(service, version, namespace, ports, readyPort, java, more);
  }

  /** Starts it in a mesh and returns at once. */
  public Child start(DevMesh mesh) {
    return launch(mesh, UnaryOperator.identity());
  }

  /** Starts it with changed export lines and waits until it accepts connections. */
  public Child startWith(DevMesh mesh, UnaryOperator<String> change) {
    Child child = launch(mesh, change);
    child.await(
        name() + " to listen on " + readyPort,
        Duration.ofSeconds(90),
        () -> Ports.accepts(readyPort));
    return child;
  }

  private Child launch(DevMesh mesh, UnaryOperator<String> change) {
    List<String> args =
        new ArrayList<>(List.of("env", "--service", service, "--namespace", namespace));
    if (!version.isEmpty()) {
      args.addAll(List.of("--version", version));
    }
    for (String port : ports) {
      args.addAll(List.of("--port", port));
    }
    String exports =
        Cli.selvage(mesh.env(), args.toArray(new String[0])).orFail("selvage env").out();
    List<String> command =
        new ArrayList<>(List.of("bash", "-c", change.apply(exports) + "\nexec env \"$@\"", name()));
    // what this test sets for the process wins over what was printed for any process
    env.forEach((k, v) -> command.add(k + "=" + v));
    command.addAll(
        List.of("java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-jar"));
    command.addAll(java);
    return Child.start(name(), mesh.folder().resolve("logs"), environment(mesh), command);
  }

  private Map<String, String> environment(DevMesh mesh) {
    Map<String, String> all = new LinkedHashMap<>(mesh.env());
    all.put("SELVAGE_ACCESS_LOG", mesh.folder().resolve("access.log." + name()).toString());
    all.putAll(mesh.workloadEnv());
    all.putAll(env);
    return all;
  }

  /** Waits until it accepts connections. */
  public Child startAndAwait(DevMesh mesh, Duration atMost) {
    Child child = start(mesh);
    child.await(name() + " to listen on " + readyPort, atMost, () -> Ports.accepts(readyPort));
    return child;
  }

  /** A Java application by its jar and arguments. */
  public static List<String> jar(Path jar, String... args) {
    List<String> all = new ArrayList<>(List.of(jar.toString()));
    all.addAll(List.of(args));
    return all;
  }
}
