package io.selvage.control.parse;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ListValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.selvage.engine.model.HeaderMatch;
import io.selvage.engine.model.LaneEntry;
import io.selvage.engine.model.PathMatch;
import io.selvage.engine.model.QueryMatch;
import io.selvage.engine.model.Resilience;
import io.selvage.engine.model.RouteMatch;
import io.selvage.engine.model.WorkloadPolicy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Our own kinds in the metadata of Envoy's resources. */
class OwnMetadataTest {
  private static final String AT = "metadata.filter_metadata[selvage]";

  static Value value(Object plain) {
    Value.Builder value = Value.newBuilder();
    if (plain instanceof Map<?, ?> map) {
      Struct.Builder struct = Struct.newBuilder();
      map.forEach((k, v) -> struct.putFields((String) k, value(v)));
      value.setStructValue(struct);
    } else if (plain instanceof List<?> list) {
      ListValue.Builder values = ListValue.newBuilder();
      list.forEach(v -> values.addValues(value(v)));
      value.setListValue(values);
    } else if (plain instanceof Number number) {
      value.setNumberValue(number.doubleValue());
    } else if (plain instanceof Boolean flag) {
      value.setBoolValue(flag);
    } else {
      value.setStringValue(plain.toString());
    }
    return value.build();
  }

  private static Parsed<io.selvage.engine.model.Cluster> parse(Map<String, ?> own) {
    return ClusterParser.parse(
        Cluster.newBuilder()
            .setName("c")
            .setType(Cluster.DiscoveryType.STATIC)
            .setMetadata(
                Metadata.newBuilder().putFilterMetadata("selvage", value(own).getStructValue()))
            .build());
  }

  private static Resilience read(Map<String, ?> resilience) {
    Parsed<io.selvage.engine.model.Cluster> parsed = parse(Map.of("resilience", resilience));
    assertThat(parsed.reasons()).isEmpty();
    return Objects.requireNonNull(Objects.requireNonNull(parsed.value()).resilience());
  }

  private static List<String> reasons(Map<String, ?> resilience) {
    return parse(Map.of("resilience", resilience)).reasons();
  }

  @Test
  void readsEveryFieldOfABreaker() {
    Resilience.Breaker breaker =
        read(Map.of(
                "policy",
                "default/x",
                "circuitBreaker",
                Map.ofEntries(
                    Map.entry("slidingWindowType", "TIME_BASED"),
                    Map.entry("slidingWindowSize", 30),
                    Map.entry("minimumNumberOfCalls", 7),
                    Map.entry("failureRateThreshold", 25),
                    Map.entry("slowCallRateThreshold", 12.5),
                    Map.entry("slowCallDurationThreshold", "1.5s"),
                    Map.entry("waitDurationInOpenState", "1m10s"),
                    Map.entry("permittedNumberOfCallsInHalfOpenState", 3),
                    Map.entry(
                        "record",
                        Map.of(
                            "statuses",
                            List.of("5xx", "429"),
                            "grpcStatuses",
                            List.of("UNAVAILABLE"),
                            "transportFailures",
                            false)),
                    Map.entry("scope", "ENDPOINT"),
                    Map.entry(
                        "operations",
                        List.of(
                            Map.of("name", "a", "methods", List.of("GET"), "pathPrefix", "/a"))))))
            .breaker();
    assertThat(breaker)
        .isEqualTo(
            new Resilience.Breaker(
                true,
                30,
                7,
                0.25,
                0.125,
                Duration.ofMillis(1_500),
                Duration.ofSeconds(70),
                3,
                new Resilience.Counts(Set.of(5), Set.of(429), Set.of(14), false),
                true,
                List.of(new Resilience.Operation("a", Set.of("GET"), "/a"))));
  }

  @Test
  void absentValuesAreThoseOfResilience4j() {
    Resilience policy = read(Map.of("circuitBreaker", Map.of(), "bulkhead", Map.of()));
    assertThat(policy.breaker())
        .isEqualTo(
            new Resilience.Breaker(
                false,
                100,
                100,
                0.5,
                1.0,
                Duration.ofSeconds(60),
                Duration.ofSeconds(60),
                10,
                Resilience.Counts.DEFAULT,
                false,
                List.of()));
    assertThat(policy.bulkhead())
        .isEqualTo(new Resilience.Bulkhead(25, 0, Duration.ZERO, Integer.MAX_VALUE));
  }

  @Test
  void refusesWhatItDoesNotKnow() {
    assertThat(parse(Map.of("teleport", Map.of())).reasons())
        .containsExactly(AT + ".teleport: unknown to this agent");
    assertThat(reasons(Map.of("bulkhead", Map.of("size", 3))))
        .containsExactly(AT + ".resilience.bulkhead.size: unknown to this agent");
    assertThat(reasons(Map.of("circuitBreaker", Map.of("operations", List.of(Map.of("x", 1))))))
        .containsExactly(
            AT + ".resilience.circuitBreaker.operations[0].name: must not be empty",
            AT + ".resilience.circuitBreaker.operations[0].x: unknown to this agent");
  }

  @Test
  void refusesValuesOutOfTheirBounds() {
    assertThat(
            reasons(
                Map.of(
                    "bulkhead",
                    Map.of("maxConcurrentCalls", 0),
                    "circuitBreaker",
                    Map.of("failureRateThreshold", 0, "waitDurationInOpenState", "soon"))))
        .containsExactlyInAnyOrder(
            AT + ".resilience.bulkhead.maxConcurrentCalls: must be 1 to 1000000; found 0",
            AT + ".resilience.circuitBreaker.failureRateThreshold: must be more than 0",
            AT
                + ".resilience.circuitBreaker.waitDurationInOpenState: must be a duration such as"
                + " 1.5s or 250ms");
    assertThat(reasons(Map.of("circuitBreaker", Map.of("slidingWindowSize", 1.5))))
        .containsExactly(
            AT + ".resilience.circuitBreaker.slidingWindowSize: must be a whole number");
    assertThat(
            reasons(Map.of("circuitBreaker", Map.of("record", Map.of("statuses", List.of("9"))))))
        .singleElement()
        .asString()
        .contains("record.statuses[0]");
    assertThat(reasons(Map.of("circuitBreaker", 3)))
        .containsExactly(AT + ".resilience.circuitBreaker: must be an object");
  }

  private static Parsed<ListenerParser.Part> way(Map<String, ?> own) {
    return ListenerParser.parse(
        io.envoyproxy.envoy.config.listener.v3.Listener.newBuilder()
            .setName("virtualInbound")
            .setMetadata(
                Metadata.newBuilder().putFilterMetadata("selvage", value(own).getStructValue()))
            .build());
  }

  @Test
  void readsWhatIsSaidOfTheWorkload() {
    Parsed<ListenerParser.Part> parsed =
        way(
            Map.of(
                "workload",
                Map.of(
                    "policy",
                    "default/x",
                    "propagation",
                    Map.of("deadlines", "DISABLED", "retries", "ENABLED"),
                    "lanes",
                    List.of(
                        Map.of(
                            "lane",
                            "gray",
                            "percentage",
                            25,
                            "match",
                            List.of(
                                Map.of(
                                    "uri",
                                    Map.of("prefix", "/a"),
                                    "headers",
                                    Map.of("End-User", Map.of("exact", "jason")),
                                    "queryParams",
                                    Map.of("debug", Map.of()))))))));
    assertThat(parsed.reasons()).isEmpty();
    WorkloadPolicy own =
        ((ListenerParser.Inbound) Objects.requireNonNull(parsed.value())).listener().own();
    assertThat(own.propagation()).isEqualTo(new WorkloadPolicy.Propagation(false, true, true));
    assertThat(own.lanes())
        .containsExactly(
            new LaneEntry(
                "gray",
                List.of(
                    new RouteMatch(
                        new PathMatch.Prefix("/a", false),
                        List.of(HeaderMatch.exact("end-user", "jason")),
                        List.of(new QueryMatch("debug", null)),
                        1.0)),
                0.25));
  }

  @Test
  void refusesLanesThatAreNone() {
    assertThat(way(Map.of("workload", Map.of("lanes", List.of(Map.of("lane", "A b"))))).reasons())
        .containsExactly(AT + ".workload.lanes[0].lane: must be a DNS label; found 'A b'");
    assertThat(
            way(Map.of(
                    "workload",
                    Map.of(
                        "lanes",
                        List.of(
                            Map.of(
                                "lane",
                                "a",
                                "match",
                                List.of(Map.of("uri", Map.of("regex", "(a"))))))))
                .reasons())
        .singleElement()
        .asString()
        .startsWith(AT + ".workload.lanes[0].match[0].uri.regex: not an RE2 expression");
    assertThat(way(Map.of("workload", Map.of("propagation", Map.of("deadlines", "OFF")))).reasons())
        .containsExactly(AT + ".workload.propagation.deadlines: unknown value OFF");
  }

  @Test
  void readsBalancerAndHedging() {
    Parsed<io.selvage.engine.model.Cluster> parsed =
        parse(
            Map.of(
                "resilience",
                Map.of("loadBalancer", Map.of("simple", "PEAK_EWMA", "decayTime", "3s"))));
    assertThat(Objects.requireNonNull(parsed.value()).balancer())
        .isEqualTo(
            new io.selvage.engine.model.Cluster.PeakEwma(
                Duration.ofSeconds(3), Duration.ofMillis(10), 1_000_000));
    assertThat(read(Map.of("hedging", Map.of("delay", "50ms"))).hedging())
        .isEqualTo(
            new Resilience.Hedging(Duration.ofMillis(50), 2, Set.of("GET", "HEAD", "OPTIONS")));
    assertThat(
            read(Map.of(
                    "hedging",
                    Map.of("delay", "50ms", "maxAttempts", 3, "methods", List.of("PUT"))))
                .hedging())
        .isEqualTo(new Resilience.Hedging(Duration.ofMillis(50), 3, Set.of("PUT")));
    assertThat(reasons(Map.of("hedging", Map.of("maxAttempts", 1))).toString())
        .contains("hedging.delay: must be there", "hedging.maxAttempts: must be 2 to 10");
    assertThat(reasons(Map.of("loadBalancer", Map.of("simple", "RANDOM"))).toString())
        .contains("loadBalancer.simple: must be PEAK_EWMA");
  }
}
