package io.selvage.control.parse;

import io.selvage.engine.model.Cluster.PeakEwma;
import io.selvage.engine.model.Resilience;
import io.selvage.engine.model.Resilience.Breaker;
import io.selvage.engine.model.Resilience.Bulkhead;
import io.selvage.engine.model.Resilience.Counts;
import io.selvage.engine.model.Resilience.Hedging;
import io.selvage.engine.model.Resilience.Operation;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** ResiliencePolicy as it travels; absent values are those of Resilience4j. */
final class ResilienceParser {
  private static final Duration MILLI = Duration.ofMillis(1);
  private static final int MILLION = 1_000_000;
  private static final Set<String> SAFE = Set.of("GET", "HEAD", "OPTIONS");
  private static final Map<String, Integer> GRPC =
      Map.ofEntries(
          Map.entry("CANCELLED", 1),
          Map.entry("UNKNOWN", 2),
          Map.entry("INVALID_ARGUMENT", 3),
          Map.entry("DEADLINE_EXCEEDED", 4),
          Map.entry("NOT_FOUND", 5),
          Map.entry("ALREADY_EXISTS", 6),
          Map.entry("PERMISSION_DENIED", 7),
          Map.entry("RESOURCE_EXHAUSTED", 8),
          Map.entry("FAILED_PRECONDITION", 9),
          Map.entry("ABORTED", 10),
          Map.entry("OUT_OF_RANGE", 11),
          Map.entry("UNIMPLEMENTED", 12),
          Map.entry("INTERNAL", 13),
          Map.entry("UNAVAILABLE", 14),
          Map.entry("DATA_LOSS", 15),
          Map.entry("UNAUTHENTICATED", 16));

  private ResilienceParser() {}

  private enum Window {
    COUNT_BASED,
    TIME_BASED
  }

  private enum Scope {
    DESTINATION,
    ENDPOINT
  }

  static Resilience destination(Options o) {
    return new Resilience(
        o.text("policy"),
        o.object("circuitBreaker", ResilienceParser::breaker),
        o.object("bulkhead", ResilienceParser::bulkhead),
        ConcurrencyParser.section(o),
        o.object("loadBalancer", ResilienceParser::balancer),
        o.object("hedging", ResilienceParser::hedging));
  }

  private static Breaker breaker(Options o) {
    boolean timed =
        o.oneOf("slidingWindowType", Window.class, Window.COUNT_BASED) == Window.TIME_BASED;
    int window = o.integer("slidingWindowSize", 100, 1, timed ? 3_600 : 100_000);
    int minimum =
        o.integer("minimumNumberOfCalls", timed ? 100 : Math.min(100, window), 1, MILLION);
    Counts counts = o.object("record", ResilienceParser::counts);
    return new Breaker(
        timed,
        window,
        timed ? minimum : Math.min(minimum, window),
        threshold(o, "failureRateThreshold", 0.5),
        threshold(o, "slowCallRateThreshold", 1.0),
        o.duration("slowCallDurationThreshold", Duration.ofSeconds(60), MILLI),
        o.duration("waitDurationInOpenState", Duration.ofSeconds(60), MILLI),
        o.integer("permittedNumberOfCallsInHalfOpenState", 10, 1, MILLION),
        counts == null ? Counts.DEFAULT : counts,
        o.oneOf("scope", Scope.class, Scope.DESTINATION) == Scope.ENDPOINT,
        o.objects("operations", ResilienceParser::operation));
  }

  private static double threshold(Options o, String name, double absent) {
    double fraction = o.fraction(name, absent);
    if (fraction <= 0) {
      o.field().at(name).refuse("must be more than 0");
      return absent;
    }
    return fraction;
  }

  private static Counts counts(Options o) {
    Set<Integer> classes = new HashSet<>();
    Set<Integer> statuses = new HashSet<>();
    List<String> written = o.texts("statuses");
    for (int i = 0; i < written.size(); i++) {
      String status = written.get(i);
      if (status.matches("[1-5]xx")) {
        classes.add(status.charAt(0) - '0');
      } else if (status.matches("[1-5]\\d\\d")) {
        statuses.add(Integer.valueOf(status));
      } else {
        o.field()
            .at("statuses", i)
            .refuse("must be a status or a class such as 5xx; found " + status);
      }
    }
    if (!o.has("statuses")) {
      classes.add(5);
    }
    Set<Integer> grpc = new HashSet<>();
    List<String> names = o.texts("grpcStatuses");
    for (int i = 0; i < names.size(); i++) {
      Integer code = GRPC.get(names.get(i));
      if (code == null) {
        o.field().at("grpcStatuses", i).refuse("no gRPC status: " + names.get(i));
      } else {
        grpc.add(code);
      }
    }
    return new Counts(classes, statuses, grpc, o.flag("transportFailures", true));
  }

  private static Operation operation(Options o) {
    String name = o.text("name");
    if (name.isEmpty()) {
      o.field().at("name").refuse("must not be empty");
    }
    return new Operation(name, Set.copyOf(o.texts("methods")), o.text("pathPrefix"));
  }

  private static io.selvage.engine.model.Cluster.Balancer balancer(Options o) {
    if (!o.text("simple").equals("PEAK_EWMA")) {
      o.field().at("simple").refuse("must be PEAK_EWMA; found " + o.text("simple"));
    }
    PeakEwma standard = PeakEwma.DEFAULT;
    return new PeakEwma(
        o.duration("decayTime", standard.decay(), MILLI),
        o.duration("defaultRtt", standard.defaultRtt(), MILLI),
        standard.penalty());
  }

  private static Hedging hedging(Options o) {
    if (!o.has("delay")) {
      o.field().at("delay").refuse("must be there");
    }
    return new Hedging(
        o.duration("delay", Duration.ofSeconds(1), MILLI),
        o.integer("maxAttempts", 2, 2, 10),
        o.has("methods") ? Set.copyOf(o.texts("methods")) : SAFE);
  }

  private static Bulkhead bulkhead(Options o) {
    return new Bulkhead(
        o.integer("maxConcurrentCalls", 25, 1, MILLION),
        o.integer("maxWaitingCalls", 0, 0, MILLION),
        o.duration("maxWaitDuration", Duration.ZERO, Duration.ZERO),
        o.integer("maxConnections", Integer.MAX_VALUE, 1, Integer.MAX_VALUE));
  }
}
