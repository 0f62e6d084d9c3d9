package io.selvage.engine.model;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a {@code selvage.io/v1} DatabasePolicy says of this workload's use of one database; limits
 * are per calling JVM.
 *
 * @param name {@code namespace/name} of the resource, for messages
 * @param hosts names and addresses that a JDBC URL may have, lower case; {@code *} or {@code
 *     *.suffix}
 * @param databases names of databases in the URL; empty = all
 * @param readOnly where connections that are set read-only go; null = nowhere else
 * @param breaker null = the agent's own
 * @param bulkhead null = no limit
 * @param callers first match wins; what matches none is not limited
 */
public record DatabasePolicy(
    String name,
    List<String> hosts,
    int port,
    Set<String> databases,
    @Nullable ReadOnly readOnly,
    Connect connect,
    Statements statements,
    @Nullable Breaker breaker,
    @Nullable Bulkhead bulkhead,
    List<Caller> callers,
    @Nullable Audit audit) {
  public DatabasePolicy {
    hosts = List.copyOf(hosts);
    databases = Set.copyOf(databases);
    callers = List.copyOf(callers);
  }

  /** A host and a port as a JDBC URL has them. */
  public record Place(String host, int port) {}

  /**
   * Where connections go after {@code setReadOnly(true)}.
   *
   * @param places in order; the first that can be reached
   * @param orPrimary whether the primary serves while no replica can be reached
   */
  public record ReadOnly(List<Place> places, boolean orPrimary) {
    public ReadOnly {
      places = List.copyOf(places);
    }
  }

  /**
   * How a connection is made.
   *
   * @param timeout for each try, until the database has let the session in; null = the driver's
   * @param attempts how often in all, at least 1
   * @param failover tried after the URL's own host, in order
   */
  public record Connect(@Nullable Duration timeout, int attempts, List<Place> failover) {
    public static final Connect DEFAULT = new Connect(null, 1, List.of());

    public Connect {
      failover = List.copyOf(failover);
    }
  }

  /**
   * What a statement may do.
   *
   * @param timeout null = only what the application and the request's deadline say
   * @param writesProhibited whether statements that may change data are refused
   * @param readingFunctions functions that are known to change nothing, upper case
   */
  public record Statements(
      @Nullable Duration timeout, boolean writesProhibited, Set<String> readingFunctions) {
    public static final Statements DEFAULT = new Statements(null, false, Set.of());

    public Statements {
      readingFunctions = Set.copyOf(readingFunctions);
    }
  }

  /**
   * When statements are refused because the server fails; in the words of Resilience4j.
   *
   * @param failureFraction 0.0 to 1.0 of the window
   * @param slowFraction 0.0 to 1.0 of the window
   * @param slow from when on a statement is slow
   * @param window how many statements are looked at
   * @param minimum how many there must be before anything is decided
   * @param open how long it refuses
   * @param probes how many statements are let through then
   */
  public record Breaker(
      double failureFraction,
      double slowFraction,
      Duration slow,
      int window,
      int minimum,
      Duration open,
      int probes) {}

  /**
   * How many statements run at once.
   *
   * @param maxWait how long one waits for its place; zero = not at all
   */
  public record Bulkhead(int maxStatements, Duration maxWait) {}

  /**
   * Limits for one kind of callers: whoever sent the request that the statement serves.
   *
   * @param principals {@code *}, {@code *suffix}, {@code prefix*} or exact, without {@code
   *     spiffe://}; empty = also work without a caller
   * @param maxStatements at once, for each caller; 0 = no limit
   * @param perSecond for each caller; 0 = no limit
   * @param burst at once, when there is a rate
   */
  public record Caller(
      List<String> principals,
      int maxStatements,
      double perSecond,
      int burst,
      boolean writesProhibited) {
    public Caller {
      principals = List.copyOf(principals);
    }
  }

  /**
   * A record of what was done.
   *
   * @param maxDigests how many kinds of statements are told apart
   * @param interval one line a kind and interval
   * @param maxLinesPerSecond of this database
   */
  public record Audit(int maxDigests, Duration interval, int maxLinesPerSecond) {}
}
