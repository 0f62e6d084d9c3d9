package io.selvage.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.observing.AuditRecord;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The audit of databases as it is written. */
class AuditLineTest {
  @Test
  void isOneLineOfJsonBesideAccessLogLines() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (AccessLogWriter writer = new AccessLogWriter(new AccessLogWriter.ToStream(out))) {
      writer.record(
          new AuditRecord(
              1_800_000_000_000_000_000L,
              "shop/orders",
              "postgresql://db:5432",
              "orders",
              "spiffe://cluster.local/ns/web/sa/shop",
              "UPDATE \"t\"\nSET a = ?",
              "WRITE",
              List.of("t", "u"),
              5,
              1,
              8,
              9_000_000,
              7_000_000,
              2));
    }
    assertThat(out.toString(StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"kind\":\"database-audit\",\"time\":\"2027-01-15T08:00:00Z\",\"policy\":\"shop/orders\","
                + "\"caller\":\"spiffe://cluster.local/ns/web/sa/shop\",\"server\":\"postgresql://db:5432\","
                + "\"db_namespace\":\"orders\",\"effect\":\"WRITE\",\"tables\":\"t,u\","
                + "\"db_query_text\":\"UPDATE \\\"t\\\"\\nSET a = ?\",\"count\":5,\"failed\":1,"
                + "\"rows_changed\":8,\"total_us\":9000,\"max_us\":7000,\"suppressed_lines\":2}\n");
  }
}
