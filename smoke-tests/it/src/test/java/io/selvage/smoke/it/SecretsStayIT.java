package io.selvage.smoke.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.selvage.smoke.Checkout;
import io.selvage.smoke.Child;
import io.selvage.smoke.Cli;
import io.selvage.smoke.DevMesh;
import io.selvage.smoke.Load;
import io.selvage.smoke.Postgres;
import io.selvage.smoke.Waiting;
import io.selvage.smoke.Workload;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * No secret of any kind appears in what Selvage writes: logs of agent and controller at the level
 * debug, access logs, the audit log, pages of the agent, answers of the API, a flight recording, a
 * thread dump.
 */
class SecretsStayIT {
  private static final String DB_PASSWORD = "canary-db-8c1f77a0";
  private static final String USER_TOKEN = "canary-user-51b02c9e";
  private static final String COOKIE = "canary-cookie-0f3d6612";

  /** Folders and files whose purpose is to keep a secret, and that only their owner can read. */
  private static final Pattern KEPT_ON_PURPOSE =
      Pattern.compile(".*(/workloads/.*|/mesh/.*|/admin-token|/kubeconfig|/store/.*)");

  private static Postgres database;
  private static DevMesh mesh;
  private static Path recording;
  private static final Map<String, String> CANARIES = new LinkedHashMap<>();

  @BeforeAll
  static void up() {
    assumeTrue(Postgres.isInstalled(), "PostgreSQL is not installed (Debian: postgresql)");
    database = Postgres.start();
    database.sql("CREATE TABLE orders (id serial PRIMARY KEY, item text)");
    mesh = DevMesh.up("secrets");
    recording = mesh.folder().resolve("orders.jfr");
  }

  @AfterAll
  static void down() {
    if (mesh != null) {
      mesh.close();
    }
    if (database != null) {
      database.close();
    }
  }

  private static Workload orders(int port) {
    return new Workload(
        "orders",
        "v1",
        "default",
        List.of("9080:" + port),
        port,
        Workload.jar(Checkout.app("orders")),
        Map.of(
            "SERVER_PORT",
            "" + port,
            "SELVAGE_LOG_LEVEL",
            "debug",
            "JDBC_URL",
            "jdbc:postgresql://127.0.0.1:"
                + database.port()
                + "/postgres?sslmode=disable&password="
                + DB_PASSWORD,
            "JDK_JAVA_OPTIONS",
            "-XX:StartFlightRecording=settings=profile,dumponexit=true,filename="
                + recording
                // what the JVM itself records of its start is not ours
                + ",jdk.InitialEnvironmentVariable#enabled=false"
                + ",jdk.InitialSystemProperty#enabled=false,jdk.JVMInformation#enabled=false"));
  }

  @Test
  void noOutputHoldsASecret() throws Exception {
    int port = Checkout.freePort();
    AtomicReference<String> exports = new AtomicReference<>("");
    Child application =
        orders(port)
            .startWith(
                mesh,
                text -> {
                  exports.set(text);
                  return text;
                });
    mesh.keep(application);
    Path accessLog = mesh.folder().resolve("access.log.orders-v1-" + port);
    Waiting.until(
        "an access log",
        Duration.ofSeconds(30),
        () -> Load.get("http://127.0.0.1:" + port + "/orders") != null && Files.exists(accessLog));
    use(port);
    collect(exports.get());
    assertThat(CANARIES).hasSizeGreaterThanOrEqualTo(7);
    Map<String, String> outputs = new LinkedHashMap<>();
    pages(application, outputs);
    outputs.put("thread dump", jcmd(application, "Thread.print"));
    outputs.put("status", mesh.selvage("status", "-o", "json").all());
    outputs.put("refused token", mesh.kubectl("--token=" + USER_TOKEN, "get", "services").all());
    mesh.kubectlWith(
        "{apiVersion: v1, kind: Service, metadata: {name: x, namespace: default}, spec: {ports: "
            + "[{port: 80, "
            + USER_TOKEN
            + ": 1}]}}",
        "apply",
        "-f",
        "-");
    application.close();
    outputs.put("flight recording", printed(recording));
    files(outputs);
    assertThat(outputs.keySet().toString())
        .contains("config_dump", "audit.log", "controller.log", "access.log", "orders");
    outputs.forEach(
        (where, text) ->
            CANARIES.forEach(
                (what, secret) ->
                    assertThat(text.contains(secret)).as("%s in %s", what, where).isFalse()));
    assertThat(outputs.get("flight recording")).as("it recorded").contains("jdk.");
    System.out.println(
        "secrets stay: " + CANARIES.keySet() + " looked for in " + outputs.size() + " outputs");
  }

  private static void use(int port) throws IOException, InterruptedException {
    HttpClient client = HttpClient.newHttpClient();
    for (String path : List.of("/orders", "/nowhere", "/orders?x=%zz".replace("%zz", "1"))) {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
              .header("Authorization", "Bearer " + USER_TOKEN)
              .header("Cookie", "session=" + COOKIE)
              .header("x-forwarded-client-cert", "URI=" + USER_TOKEN)
              .build();
      client.send(request, HttpResponse.BodyHandlers.ofString());
    }
    assertThat(Load.post("http://127.0.0.1:" + port + "/orders", "a book").statusCode())
        .isEqualTo(200);
  }

  private static void collect(String exports) throws IOException {
    CANARIES.put("database password", DB_PASSWORD);
    CANARIES.put("user's token", USER_TOKEN);
    CANARIES.put("cookie", COOKIE);
    Matcher token = Pattern.compile("SELVAGE_TOKEN='([^']+)'").matcher(exports);
    assertThat(token.find()).isTrue();
    String secret = token.group(1);
    CANARIES.put("join token", secret.substring(secret.lastIndexOf('.') + 1));
    CANARIES.put(
        "API token", Files.readString(mesh.folder().resolve("controller/admin-token")).trim());
    CANARIES.put(
        "authority's passphrase",
        Files.readString(mesh.folder().resolve("controller/mesh/ca-passphrase")).trim());
    Matcher folder = Pattern.compile("SELVAGE_DATA_DIR='([^']+)'").matcher(exports);
    assertThat(folder.find()).isTrue();
    CANARIES.put("private key", keyIn(Path.of(folder.group(1))));
  }

  /** A line from the middle of the PEM, or of the file's Base64. */
  private static String keyIn(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        Matcher key =
            Pattern.compile("PRIVATE KEY-----(?:\\\\n|\\s)+([A-Za-z0-9+/=]{30,})").matcher(text);
        if (key.find()) {
          return key.group(1);
        }
      }
    }
    throw new AssertionError("no private key below " + folder);
  }

  private static void pages(Child application, Map<String, String> outputs) {
    Matcher admin = Pattern.compile("SELV-1000.* admin=(\\d+)").matcher(application.log());
    assertThat(admin.find()).as(application.tail()).isTrue();
    String at = "http://127.0.0.1:" + admin.group(1);
    for (String page :
        List.of("/config_dump", "/certs", "/health", "/metrics", "/explain?to=x", "/nowhere")) {
      HttpResponse<String> answer = Load.get(at + page);
      outputs.put("page " + page, answer.body() + answer.headers().map());
    }
  }

  private static String jcmd(Child application, String command) {
    return Cli.run(
            Map.of(),
            null,
            Duration.ofSeconds(60),
            List.of("jcmd", "" + application.pid(), command))
        .all();
  }

  private static String printed(Path recording) {
    return Cli.run(
            Map.of(),
            null,
            Duration.ofSeconds(120),
            List.of("jfr", "print", "--stack-depth", "5", recording.toString()))
        .all();
  }

  private static void files(Map<String, String> outputs) throws IOException {
    try (Stream<Path> all = Files.walk(mesh.folder())) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        if (!KEPT_ON_PURPOSE.matcher(file.toString()).matches()) {
          outputs.put(file.toString(), Files.readString(file, StandardCharsets.ISO_8859_1));
        }
      }
    }
  }
}
