package io.selvage.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.Protocol;
import io.selvage.engine.observing.AccessRecord;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccessLogWriterTest {
  @TempDir Path folder;

  static AccessRecord record(String path) {
    return new AccessRecord(
        true,
        1_700_000_000_000_000_000L,
        12_345_678,
        "GET",
        path,
        Protocol.HTTP2,
        "reviews:9080",
        403,
        -1,
        "-",
        "rbac_access_denied",
        "ns[default]-policy[p]-rule[0]",
        "",
        "",
        0,
        19,
        null,
        "curl",
        "r-1",
        null,
        "",
        "127.0.0.1:4711",
        9080,
        "outbound_.9080_._.reviews",
        "default",
        "spiffe://cluster.local/ns/default/sa/productpage",
        "spiffe://cluster.local/ns/default/sa/details",
        true,
        1,
        "4bf92f3577b34da6a3ce929d0e0e4736",
        "");
  }

  @Test
  void writesOneLineForEachRequestWithBothIdentitiesAndThePolicy() throws Exception {
    File file = folder.resolve("access.log").toFile();
    try (AccessLogWriter log = new AccessLogWriter(new AccessLogWriter.ToFile(file))) {
      log.record(record("/a"));
      log.record(record("/b"));
    }

    assertThat(Files.readAllLines(file.toPath()))
        .hasSize(2)
        .allSatisfy(
            line ->
                assertThat(line)
                    .contains(
                        "\"direction\":\"inbound\"", "\"response_code\":403", "\"duration\":12,")
                    .contains("\"peer\":\"spiffe://cluster.local/ns/default/sa/productpage\"")
                    .contains("\"local\":\"spiffe://cluster.local/ns/default/sa/details\"")
                    .contains(
                        "\"policy\":\"ns[default]-policy[p]-rule[0]\"",
                        "\"start_time\":\"2023-11-14T22:13:20Z\""));
  }

  @Test
  void rotatesAtTenMebibytesAndKeepsTwoFiles() throws Exception {
    File file = folder.resolve("access.log").toFile();
    String long1k = "/" + "x".repeat(4_000);
    try (AccessLogWriter log = new AccessLogWriter(new AccessLogWriter.ToFile(file))) {
      for (int i = 0; i < 6_000; i++) {
        log.record(record(long1k));
      }
    }

    assertThat(folder.resolve("access.log.1")).exists();
    assertThat(file.length()).isLessThan(11L << 20);
    try (var files = Files.list(folder)) {
      assertThat(files).hasSize(2);
    }
  }

  @Test
  void countsLinesThatCannotBeWrittenAndGoesOn() throws Exception {
    AccessLogWriter log =
        new AccessLogWriter(
            new AccessLogWriter.ToFile(folder.resolve("no/such/folder/log").toFile()));
    log.record(record("/a"));
    log.close();

    assertThat(log.dropped()).isPositive();
  }

  @Test
  void writesToAStreamWithoutClosingIt() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (AccessLogWriter log = new AccessLogWriter(new AccessLogWriter.ToStream(out))) {
      log.record(record("/a"));
    }

    assertThat(out.toString(StandardCharsets.UTF_8)).endsWith("}\n").startsWith("{\"start_time\"");
  }
}
