package io.selvage.control.parse;

import io.selvage.engine.model.DatabasePolicy;
import io.selvage.engine.model.DatabasePolicy.Audit;
import io.selvage.engine.model.DatabasePolicy.Breaker;
import io.selvage.engine.model.DatabasePolicy.Bulkhead;
import io.selvage.engine.model.DatabasePolicy.Caller;
import io.selvage.engine.model.DatabasePolicy.Connect;
import io.selvage.engine.model.DatabasePolicy.Place;
import io.selvage.engine.model.DatabasePolicy.ReadOnly;
import io.selvage.engine.model.DatabasePolicy.Statements;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** DatabasePolicy as it travels on {@code virtualOutbound}; absent values are the kind's own. */
final class DatabaseParser {
  private static final Duration MILLI = Duration.ofMillis(1);
  private static final int MILLION = 1_000_000;

  private DatabaseParser() {}

  private enum Writes {
    ALLOW,
    PROHIBIT
  }

  private enum Fallback {
    PRIMARY,
    FAIL
  }

  static DatabasePolicy policy(Options o) {
    List<String> hosts = o.texts("hosts").stream().map(h -> h.toLowerCase(Locale.ROOT)).toList();
    if (hosts.isEmpty()) {
      o.field().at("hosts").refuse("must not be empty");
    }
    int port = o.integer("port", 0, 0, 65_535);
    if (port == 0) {
      o.field().at("port").refuse("must be a port");
    }
    Connect connect = o.object("connect", DatabaseParser::connect);
    Statements statements = o.object("statements", DatabaseParser::statements);
    return new DatabasePolicy(
        o.text("policy"),
        hosts,
        port,
        Set.copyOf(o.texts("databases")),
        o.object("readOnly", DatabaseParser::readOnly),
        connect == null ? Connect.DEFAULT : connect,
        statements == null ? Statements.DEFAULT : statements,
        o.object("circuitBreaker", DatabaseParser::breaker),
        o.object("bulkhead", DatabaseParser::bulkhead),
        o.objects("callers", DatabaseParser::caller),
        o.object("audit", DatabaseParser::audit));
  }

  private static ReadOnly readOnly(Options o) {
    List<Place> replicas = o.objects("replicas", DatabaseParser::place);
    if (replicas.isEmpty()) {
      o.field().at("replicas").refuse("must not be empty");
    }
    return new ReadOnly(
        replicas, o.oneOf("fallback", Fallback.class, Fallback.PRIMARY) == Fallback.PRIMARY);
  }

  private static @Nullable Place place(Options o) {
    String host = o.text("host").toLowerCase(Locale.ROOT);
    int port = o.integer("port", 0, 0, 65_535);
    if (host.isEmpty() || port == 0) {
      o.field().refuse("must have a host and a port");
      return null;
    }
    return new Place(host, port);
  }

  private static Connect connect(Options o) {
    List<Place> failover = o.objects("failover", DatabaseParser::place);
    return new Connect(
        o.has("timeout") ? o.duration("timeout", MILLI, MILLI) : null,
        o.integer("attempts", 1 + failover.size(), 1, 100),
        failover);
  }

  private static Statements statements(Options o) {
    Set<String> functions = new HashSet<>();
    o.texts("readingFunctions").forEach(name -> functions.add(name.toUpperCase(Locale.ROOT)));
    return new Statements(
        o.has("timeout") ? o.duration("timeout", MILLI, MILLI) : null,
        writesProhibited(o),
        functions);
  }

  private static boolean writesProhibited(Options o) {
    return o.oneOf("writes", Writes.class, Writes.ALLOW) == Writes.PROHIBIT;
  }

  private static Breaker breaker(Options o) {
    int window = o.integer("slidingWindowSize", 100, 1, 100_000);
    return new Breaker(
        threshold(o, "failureRateThreshold", 0.5),
        threshold(o, "slowCallRateThreshold", 1.0),
        o.duration("slowCallDurationThreshold", Duration.ofSeconds(60), MILLI),
        window,
        Math.min(window, o.integer("minimumNumberOfCalls", Math.min(100, window), 1, MILLION)),
        o.duration("waitDurationInOpenState", Duration.ofSeconds(60), MILLI),
        o.integer("permittedNumberOfCallsInHalfOpenState", 10, 1, MILLION));
  }

  private static double threshold(Options o, String name, double absent) {
    double fraction = o.fraction(name, absent);
    if (fraction <= 0) {
      o.field().at(name).refuse("must be more than 0");
      return absent;
    }
    return fraction;
  }

  private static Bulkhead bulkhead(Options o) {
    return new Bulkhead(
        o.integer("maxConcurrentStatements", 25, 1, MILLION),
        o.duration("maxWaitDuration", Duration.ZERO, Duration.ZERO));
  }

  private static Caller caller(Options o) {
    double perSecond = o.number("statementsPerSecond", 0, 0, MILLION);
    return new Caller(
        o.texts("principals"),
        o.integer("maxConcurrentStatements", 0, 0, MILLION),
        perSecond,
        o.integer("burst", (int) Math.max(1, Math.ceil(perSecond)), 1, MILLION),
        writesProhibited(o));
  }

  private static Audit audit(Options o) {
    return new Audit(
        o.integer("maxDigests", 1_000, 1, 100_000),
        o.duration("interval", Duration.ofSeconds(60), MILLI),
        o.integer("maxLinesPerSecond", 10, 1, 10_000));
  }
}
