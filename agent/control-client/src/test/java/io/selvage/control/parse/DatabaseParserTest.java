package io.selvage.control.parse;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ListValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.selvage.engine.model.DatabasePolicy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** DatabasePolicy on {@code virtualOutbound}. */
class DatabaseParserTest {
  private static Value value(Object of) {
    Value.Builder value = Value.newBuilder();
    if (of instanceof Map<?, ?> map) {
      Struct.Builder struct = Struct.newBuilder();
      map.forEach((name, each) -> struct.putFields((String) name, value(each)));
      return value.setStructValue(struct).build();
    }
    if (of instanceof List<?> list) {
      ListValue.Builder all = ListValue.newBuilder();
      list.forEach(each -> all.addValues(value(each)));
      return value.setListValue(all).build();
    }
    return of instanceof Number number
        ? value.setNumberValue(number.doubleValue()).build()
        : value.setStringValue((String) of).build();
  }

  private static Parsed<ListenerParser.Part> parse(Map<String, ?> selvage) {
    return ListenerParser.parse(
        Listener.newBuilder()
            .setName("virtualOutbound")
            .setMetadata(
                Metadata.newBuilder().putFilterMetadata("selvage", value(selvage).getStructValue()))
            .build());
  }

  private static DatabasePolicy policy(Map<String, ?> one) {
    ListenerParser.Rest rest =
        (ListenerParser.Rest) parse(Map.of("databases", List.of(one))).value();
    assertThat(rest).isNotNull();
    return rest.databases().get(0);
  }

  @Test
  void readsEveryField() {
    DatabasePolicy read =
        policy(
            Map.ofEntries(
                Map.entry("policy", "shop/orders"),
                Map.entry("hosts", List.of("Orders-DB", "*.rds.example")),
                Map.entry("port", 5432),
                Map.entry("databases", List.of("orders")),
                Map.entry(
                    "readOnly",
                    Map.of(
                        "replicas",
                        List.of(Map.of("host", "replica", "port", 5433)),
                        "fallback",
                        "FAIL")),
                Map.entry(
                    "connect",
                    Map.of(
                        "timeout",
                        "2s",
                        "attempts",
                        3,
                        "failover",
                        List.of(Map.of("host", "second", "port", 5434)))),
                Map.entry(
                    "statements",
                    Map.of(
                        "timeout",
                        "1500ms",
                        "writes",
                        "PROHIBIT",
                        "readingFunctions",
                        List.of("stats.totals"))),
                Map.entry(
                    "circuitBreaker",
                    Map.of(
                        "slidingWindowSize",
                        10,
                        "minimumNumberOfCalls",
                        5,
                        "failureRateThreshold",
                        25,
                        "slowCallRateThreshold",
                        75,
                        "slowCallDurationThreshold",
                        "2s",
                        "waitDurationInOpenState",
                        "3s",
                        "permittedNumberOfCallsInHalfOpenState",
                        2)),
                Map.entry(
                    "bulkhead", Map.of("maxConcurrentStatements", 7, "maxWaitDuration", "20ms")),
                Map.entry(
                    "callers",
                    List.of(
                        Map.of(
                            "principals",
                            List.of("cluster.local/ns/web/*"),
                            "maxConcurrentStatements",
                            2,
                            "statementsPerSecond",
                            0.5,
                            "burst",
                            4,
                            "writes",
                            "PROHIBIT"))),
                Map.entry(
                    "audit", Map.of("maxDigests", 50, "interval", "10s", "maxLinesPerSecond", 3))));
    assertThat(read)
        .isEqualTo(
            new DatabasePolicy(
                "shop/orders",
                List.of("orders-db", "*.rds.example"),
                5432,
                Set.of("orders"),
                new DatabasePolicy.ReadOnly(
                    List.of(new DatabasePolicy.Place("replica", 5433)), false),
                new DatabasePolicy.Connect(
                    Duration.ofSeconds(2), 3, List.of(new DatabasePolicy.Place("second", 5434))),
                new DatabasePolicy.Statements(
                    Duration.ofMillis(1500), true, Set.of("STATS.TOTALS")),
                new DatabasePolicy.Breaker(
                    0.25, 0.75, Duration.ofSeconds(2), 10, 5, Duration.ofSeconds(3), 2),
                new DatabasePolicy.Bulkhead(7, Duration.ofMillis(20)),
                List.of(
                    new DatabasePolicy.Caller(List.of("cluster.local/ns/web/*"), 2, 0.5, 4, true)),
                new DatabasePolicy.Audit(50, Duration.ofSeconds(10), 3)));
  }

  @Test
  void absentMeansTheKindsDefaults() {
    DatabasePolicy read = policy(Map.of("hosts", List.of("db"), "port", 5432));
    assertThat(read.readOnly()).isNull();
    assertThat(read.connect()).isEqualTo(DatabasePolicy.Connect.DEFAULT);
    assertThat(read.statements()).isEqualTo(DatabasePolicy.Statements.DEFAULT);
    assertThat(read.breaker()).isNull();
    assertThat(read.bulkhead()).isNull();
    assertThat(read.audit()).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "frob, x, frob: unknown to this agent",
    "port, x, port: must be a number",
    "audit, x, audit: must be an object",
    "callers, x, callers: must be a list",
  })
  void refusesByPath(String key, String found, String reason) {
    Map<String, Object> one = new java.util.HashMap<>(Map.of("hosts", List.of("db"), "port", 1));
    one.put(key, found);
    assertThat(parse(Map.of("databases", List.of(one))).reasons())
        .contains("metadata.filter_metadata[selvage].databases[0]." + reason);
  }

  @Test
  void refusesWhatItDoesNotKnowOrCannotMean() {
    assertThat(parse(Map.of("frob", "x")).value()).isNull();
    for (Map<String, ?> bad :
        List.of(
            Map.of("statements", Map.of("writes", "MAYBE")),
            Map.of("statements", Map.of("timeout", "soon")),
            Map.of("connect", Map.of("attempts", 0)),
            Map.of("connect", Map.of("failover", List.of(Map.of("host", "x")))),
            Map.of("readOnly", Map.of("replicas", List.of())),
            Map.of("bulkhead", Map.of("maxConcurrentStatements", 1.5)),
            Map.of("circuitBreaker", Map.of("failureRateThreshold", 0)),
            Map.of("callers", List.of(Map.of("statementsPerSecond", -1))))) {
      Map<String, Object> one = new java.util.HashMap<>(bad);
      one.put("hosts", List.of("db"));
      one.put("port", 1);
      assertThat(parse(Map.of("databases", List.of(one))).value()).as(bad.toString()).isNull();
    }
  }
}
