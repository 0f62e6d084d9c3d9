package io.selvage.smoke;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A controller started by {@code selvage dev up}, with what runs under it. Closing ends all of it.
 */
public final class DevMesh implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;
  private final Map<String, String> workloadEnv = new LinkedHashMap<>();
  private final List<Child> children = new ArrayList<>();
  private final List<String> upArgs;

  private DevMesh(Path folder, List<String> upArgs) {
    this.folder = folder;
    this.upArgs = upArgs;
  }

  /**
   * Starts a controller with its state in a new folder. {@code more} are further arguments of
   * {@code dev up}.
   */
  public static DevMesh up(String name, String... more) {
    try {
      Path folder = Files.createTempDirectory("selvage-" + name + "-");
      List<String> args =
          new ArrayList<>(
              List.of(
                  "dev", "up", "--detach", "--data-dir", folder.resolve("controller").toString()));
      args.addAll(
          List.of(
              "--xds-port",
              "" + Checkout.freePort(),
              "--api-port",
              "" + Checkout.freePort(),
              "--metrics-port",
              "" + Checkout.freePort()));
      args.addAll(List.of(more));
      DevMesh mesh = new DevMesh(folder, args);
      mesh.workloadEnv.put("SELVAGE_DATA_ROOT", "");
      mesh.restart();
      return mesh;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts the controller (again) on the same data and ports. */
  public void restart() {
    Cli.selvage(env(), upArgs.toArray(new String[0])).orFail("selvage dev up");
  }

  /** Where agents connect. */
  public int xdsPort() {
    return Integer.parseInt(upArgs.get(upArgs.indexOf("--xds-port") + 1));
  }

  public Path folder() {
    return folder;
  }

  /** For the CLI and kubectl: a home of its own. */
  public Map<String, String> env() {
    Map<String, String> env = new LinkedHashMap<>();
    env.put("SELVAGE_DEV_DIR", folder.resolve("controller").toString());
    env.put("KUBECONFIG", kubeconfig().toString());
    env.put("HOME", folder.toString());
    return env;
  }

  public Path kubeconfig() {
    return folder.resolve("controller/kubeconfig");
  }

  /** Variables that every workload gets; changeable. */
  public Map<String, String> workloadEnv() {
    return workloadEnv;
  }

  /** Keeps a child to be ended with the mesh. */
  public Child keep(Child child) {
    children.add(child);
    return child;
  }

  public Child start(Workload workload) {
    return keep(workload.startAndAwait(this, Duration.ofSeconds(90)));
  }

  public Cli.Result selvage(String... args) {
    return Cli.selvage(env(), args);
  }

  public Cli.Result kubectl(String... args) {
    return kubectlWith(null, args);
  }

  /** kubectl with standard input. */
  public Cli.Result kubectlWith(String input, String... args) {
    List<String> command = new ArrayList<>(List.of("kubectl"));
    command.addAll(List.of(args));
    return Cli.run(env(), input, Duration.ofSeconds(60), command);
  }

  /** Applies a manifest and fails if it is refused. */
  public void apply(String yaml) {
    kubectlWith(yaml, "apply", "-f", "-").orFail("kubectl apply");
  }

  /** Deletes what a manifest names; absent is fine. */
  public void remove(String yaml) {
    kubectlWith(yaml, "delete", "--ignore-not-found", "-f", "-").orFail("kubectl delete");
  }

  /** {@code selvage status -o json}. */
  public JsonNode status() {
    try {
      return JSON.readTree(selvage("status", "-o", "json").orFail("selvage status").out());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The controller's process id, as {@code dev up} recorded it. */
  public long controllerPid() {
    try {
      return Long.parseLong(Files.readString(folder.resolve("controller/controller.pid")).trim());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** SIGKILL to the controller. */
  public void killController() {
    ProcessHandle.of(controllerPid()).ifPresent(ProcessHandle::destroyForcibly);
  }

  @Override
  public void close() {
    for (int i = children.size() - 1; i >= 0; i--) {
      children.get(i).close();
    }
    selvage("dev", "down", "--data-dir", folder.resolve("controller").toString());
  }
}
