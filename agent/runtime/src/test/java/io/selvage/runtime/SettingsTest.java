package io.selvage.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.extension.PortPolicy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
  @TempDir Path folder;

  @Test
  void propertyBeatsEnvironmentBeatsOptionBeatsFileBeatsDefault() throws Exception {
    Path file = folder.resolve("selvage.yaml");
    Files.writeString(
        file,
        "# mine\nservice: file\nversion: 'file'\nnamespace: file\nports: \"1,2\"\nstartup-mode: open\n");
    Settings settings =
        Settings.of(
            Map.of("selvage.service", "property", "selvage.config-file", file.toString()),
            Map.of("SELVAGE_SERVICE", "environment", "SELVAGE_VERSION", "environment"),
            "service=option,version=option,namespace=option");
    assertThat(settings.text(Setting.SERVICE)).isEqualTo("property");
    assertThat(settings.text(Setting.VERSION)).isEqualTo("environment");
    assertThat(settings.text(Setting.NAMESPACE)).isEqualTo("option");
    assertThat(settings.text(Setting.PORTS)).isEqualTo("1,2");
    assertThat(settings.text(Setting.STARTUP_MODE)).isEqualTo("open");
    assertThat(settings.text(Setting.TRUST_DOMAIN)).isEqualTo("cluster.local");
    assertThat(settings.complaints()).isEmpty();
  }

  @Test
  void dotsDashesAndUnderscoresAreTheSame() {
    for (String name :
        List.of(
            "selvage.startup.mode",
            "selvage.startup-mode",
            "selvage.startup_mode",
            "selvage.STARTUP_MODE")) {
      assertThat(Settings.of(Map.of(name, "cached"), Map.of(), null).text(Setting.STARTUP_MODE))
          .isEqualTo("cached");
    }
    assertThat(
            Settings.of(Map.of(), Map.of("SELVAGE_STARTUP_MODE", "cached"), null)
                .text(Setting.STARTUP_MODE))
        .isEqualTo("cached");
    assertThat(Settings.of(Map.of(), Map.of(), "startup.mode=cached").text(Setting.STARTUP_MODE))
        .isEqualTo("cached");
  }

  @ParameterizedTest
  @CsvSource({
    "selvage.servce, service",
    "selvage.nmespace, namespace",
    "selvage.startup-mod, startup-mode",
    "selvage.contoller, controller",
    "selvage.admin.prt, admin-port",
    "selvage.certificate.lifetme, certificate-lifetime",
    "selvage.tokn, token",
  })
  void unknownSettingsGetTheNearestName(String written, String meant) {
    assertThat(Settings.of(Map.of(written, "x"), Map.of(), null).complaints())
        .singleElement()
        .asString()
        .startsWith("WARN [SELV-1010] (Settings " + written + ")")
        .endsWith("did you mean selvage." + meant + "?");
  }

  @Test
  void unknownVariablesAndOptionsAreComplainedOfToo() {
    assertThat(
            Settings.of(Map.of(), Map.of("SELVAGE_SERVCE", "x", "PATH", "y"), "verson=3")
                .complaints())
        .hasSize(2)
        .anyMatch(line -> line.contains("SELVAGE_SERVCE") && line.contains("selvage.service"))
        .anyMatch(line -> line.contains("verson") && line.contains("selvage.version"));
  }

  @Test
  void listsKeepTheirCommasInOptions() {
    Settings settings =
        Settings.of(Map.of(), Map.of(), "ports=9080:1/http,9090/grpc,service=reviews");
    assertThat(settings.text(Setting.PORTS)).isEqualTo("9080:1/http,9090/grpc");
    assertThat(settings.text(Setting.SERVICE)).isEqualTo("reviews");
  }

  @Test
  void wrongValuesFallBackAndSaySo() {
    Settings settings =
        Settings.of(
            Map.of(
                "selvage.admin-port",
                "eighty",
                "selvage.startup-timeout",
                "soon",
                "selvage.mtls-mode",
                "hard",
                "selvage.identity-cache",
                "perhaps"),
            Map.of(),
            null);
    assertThat(settings.number(Setting.ADMIN_PORT, 0, 65_535)).isEqualTo(15_020);
    assertThat(settings.duration(Setting.STARTUP_TIMEOUT)).isEqualTo(Duration.ofSeconds(5));
    assertThat(settings.choice(Setting.MTLS_MODE, PortPolicy.Mode.class))
        .isEqualTo(PortPolicy.Mode.PERMISSIVE);
    assertThat(settings.on(Setting.IDENTITY_CACHE)).isTrue();
    assertThat(settings.complaints())
        .hasSize(4)
        .allMatch(
            line ->
                line.startsWith("WARN [SELV-1013] (Settings selvage.") && line.contains("Fix:"));
  }

  @ParameterizedTest
  @CsvSource({"250ms, PT0.25S", "60s, PT1M", "10m, PT10M", "2h, PT2H", "1d, P1D"})
  void readsDurations(String text, Duration expected) {
    assertThat(Settings.duration(text)).isEqualTo(expected);
  }

  @Test
  void aFileThatCannotBeReadIsOneLine() {
    Settings settings =
        Settings.of(
            Map.of("selvage.config-file", folder.resolve("none").toString()), Map.of(), null);
    assertThat(settings.complaints())
        .singleElement()
        .asString()
        .startsWith("WARN [SELV-1011]")
        .contains("Fix:");
  }

  @Test
  void instrumentationsAreSwitchedOffByName() {
    Settings settings =
        Settings.of(
            Map.of("selvage.instrumentation.netty.enabled", "false"),
            Map.of("SELVAGE_INSTRUMENTATION_APACHE_HTTPCLIENT_5_ENABLED", "false"),
            null);
    assertThat(settings.instruments("netty")).isFalse();
    assertThat(settings.instruments("apache-httpclient-5")).isFalse();
    assertThat(settings.instruments("tomcat")).isTrue();
    assertThat(settings.complaints()).isEmpty();
  }

  @Test
  void aWorkloadIsWhoItsEnvironmentSays() {
    List<String> complaints = new ArrayList<>();
    Settings settings =
        Settings.of(
            Map.of(),
            Map.of(
                "SELVAGE_SERVICE",
                "reviews",
                "SELVAGE_VERSION",
                "v2",
                "SELVAGE_PORTS",
                "9080:19081/http, 9090/grpc, x, 99999",
                "SELVAGE_LABELS",
                "team=a",
                "SELVAGE_LOCALITY",
                "eu/eu-1"),
            null);
    WorkloadFacts facts = WorkloadFacts.of(settings, "127.0.0.1", complaints);
    assertThat(facts.node().workload()).isEqualTo("reviews-v2");
    assertThat(facts.node().namespace()).isEqualTo("default");
    assertThat(facts.labels())
        .containsEntry("app", "reviews")
        .containsEntry("version", "v2")
        .containsEntry("team", "a");
    assertThat(facts.ports())
        .containsExactly(
            new WorkloadFacts.Port(9080, 19081, "http"),
            new WorkloadFacts.Port(9090, 9090, "grpc"));
    assertThat(complaints).hasSize(2).allMatch(line -> line.startsWith("WARN [SELV-1014]"));
    assertThat(facts.id())
        .matches(
            "sidecar~127\\.0\\.0\\.1~reviews-v2-[0-9a-f]{8}\\.default~default\\.svc\\.cluster\\.local");
    assertThat(facts.folder()).isEqualTo("default.reviews.v2.19081");
    assertThat(facts.locality().zone()).isEqualTo("eu-1");
  }

  @Test
  void kubernetesAndOpenTelemetryAreHonoured() {
    Settings kubernetes =
        Settings.of(
            Map.of(),
            Map.of(
                "POD_NAME",
                "reviews-v2-5c8d8f9d6b-x2x4z",
                "POD_NAMESPACE",
                "shop",
                "POD_IP",
                "10.1.2.3"),
            null);
    WorkloadFacts pod = WorkloadFacts.of(kubernetes, "127.0.0.1", new ArrayList<>());
    assertThat(pod.workload()).isEqualTo("reviews-v2");
    assertThat(pod.namespace()).isEqualTo("shop");
    assertThat(pod.address()).isEqualTo("10.1.2.3");
    Settings otel =
        Settings.of(
            Map.of(),
            Map.of(
                "OTEL_SERVICE_NAME",
                "ratings",
                "OTEL_RESOURCE_ATTRIBUTES",
                "service.version=v3,k8s.namespace.name=prod"),
            null);
    WorkloadFacts facts = WorkloadFacts.of(otel, "127.0.0.1", new ArrayList<>());
    assertThat(facts.service()).isEqualTo("ratings");
    assertThat(facts.version()).isEqualTo("v3");
    assertThat(facts.namespace()).isEqualTo("prod");
  }
}
