package io.selvage.instrumentation.jdbc;

import io.selvage.engine.model.DatabasePolicy;
import io.selvage.engine.model.DatabasePolicy.Place;
import io.selvage.extension.ConnectTry;
import io.selvage.extension.Intent;
import io.selvage.extension.Mesh;
import io.selvage.extension.MeshRuntime;
import java.io.IOException;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Opens connections to a database that has a policy: several tries, at several places. Only the
 * making of a connection is repeated, never a statement.
 */
final class DatabaseConnect {
  /** Set while this thread opens a connection for a policy; confined to that time. */
  private static final ThreadLocal<@Nullable Boolean> OPENING = new ThreadLocal<>();

  private static final String LOGIN_TIMEOUT = "loginTimeout";

  /** Replicas that could not be reached are left alone for this long, where the primary serves. */
  private static final long PAUSE_NANOS = 5_000_000_000L;

  /** By policy and places: until when; as many as there are policies. */
  private static final Map<String, Long> WITHOUT_REPLICA = new ConcurrentHashMap<>();

  private final MeshRuntime mesh;
  private final Driver driver;
  private final String url;
  private final Properties info;
  private final DatabaseUrl asked;
  private final DatabasePolicy policy;

  private DatabaseConnect(
      MeshRuntime mesh,
      Driver driver,
      String url,
      Properties info,
      DatabaseUrl asked,
      DatabasePolicy policy) {
    this.mesh = mesh;
    this.driver = driver;
    this.url = url;
    this.info = info;
    this.asked = asked;
    this.policy = policy;
  }

  /** See {@link DriverConnectAdvice#enter}. */
  static @Nullable Object @Nullable [] enter(
      Driver driver, @Nullable String url, @Nullable Properties info) {
    MeshRuntime mesh = Mesh.runtime();
    if (mesh == null || url == null || OPENING.get() != null || Intent.isBypassed()) {
      return null;
    }
    DatabaseConnect connect;
    try {
      if (!driver.acceptsURL(url)) {
        return null;
      }
      DatabaseUrl asked = DatabaseUrl.parse(url);
      DatabasePolicy policy =
          mesh.statements().policy(asked.host(), asked.port(), asked.database());
      if (policy == null) {
        return null;
      }
      Properties own = info == null ? new Properties() : info;
      connect = new DatabaseConnect(mesh, driver, url, own, asked, policy);
    } catch (SQLException | RuntimeException broken) {
      mesh.report("SELV-6090", "jdbc: the connection is made without the mesh: " + broken);
      return null;
    }
    try {
      return new @Nullable Object[] {Boolean.TRUE, connect.primary(), null};
    } catch (SQLException | RuntimeException failed) {
      return new @Nullable Object[] {Boolean.TRUE, null, failed};
    }
  }

  private Connection primary() throws SQLException {
    List<@Nullable Place> places = new ArrayList<>();
    int failover = policy.connect().failover().size();
    for (int i = 0; i < Math.max(1, policy.connect().attempts() - failover); i++) {
      places.add(null);
    }
    for (int i = 0; places.size() < policy.connect().attempts(); i++) {
      places.add(policy.connect().failover().get(i));
    }
    Connection opened = open(places, false);
    if (policy.readOnly() == null) {
      DatabaseLinks.put(opened, asked, null);
      return opened;
    }
    RoutedConnection routed = new RoutedConnection(opened, this::replica);
    DatabaseLinks.put(opened, asked, routed);
    return routed.proxy();
  }

  /**
   * A connection to a replica for a routed connection; null when the primary is to serve.
   *
   * @throws SQLException when none can be reached and the policy wants no other
   */
  private @Nullable Connection replica(RoutedConnection routed) throws SQLException {
    DatabasePolicy.ReadOnly readOnly = policy.readOnly();
    if (readOnly == null) {
      return null;
    }
    String replicas = policy.name() + readOnly.places();
    Long until = WITHOUT_REPLICA.get(replicas);
    if (readOnly.orPrimary() && until != null && System.nanoTime() - until < 0) {
      return null;
    }
    try {
      Connection opened = open(new ArrayList<>(readOnly.places()), true);
      WITHOUT_REPLICA.remove(replicas);
      DatabaseLinks.put(opened, asked, routed);
      return opened;
    } catch (SQLException unreachable) {
      if (!readOnly.orPrimary()) {
        throw new SQLTransientConnectionException(
            "[SELV-6025] no replica of the database can be reached", "08001", unreachable);
      }
      WITHOUT_REPLICA.put(replicas, System.nanoTime() + PAUSE_NANOS);
      mesh.report(
          "SELV-6025",
          "(DatabasePolicy "
              + policy.name()
              + " spec.readOnly.replicas) no replica can be reached; "
              + unreachable.getMessage()
              + ". The primary serves. Fix: see to the replicas");
      return null;
    }
  }

  private Connection open(List<@Nullable Place> places, boolean replica) throws SQLException {
    Set<String> tried = new HashSet<>();
    long whole = loginDeadline();
    SQLException first = null;
    for (int i = 0; i < places.size(); i++) {
      Place place = places.get(i);
      try {
        return opened(place, tried, whole, replica);
      } catch (SQLException failed) {
        if (!isWorthAnother(failed) || System.nanoTime() >= whole) {
          throw failed;
        }
        if (first == null) {
          first = failed;
        } else {
          first.addSuppressed(failed);
        }
        said(place, failed, i + 1 < places.size());
      }
    }
    throw first == null ? new SQLException("no place to connect to", "08001") : first;
  }

  private void said(@Nullable Place place, SQLException failed, boolean more) {
    if (more) {
      String where =
          place == null ? asked.host() + ":" + asked.port() : place.host() + ":" + place.port();
      mesh.report(
          "SELV-6026",
          "(DatabasePolicy "
              + policy.name()
              + " spec.connect) "
              + where
              + " lets nobody in, the next place is tried; "
              + failed.getMessage()
              + ". Fix: see to the database");
    }
  }

  private Connection opened(@Nullable Place place, Set<String> tried, long whole, boolean replica)
      throws SQLException {
    long deadline = whole;
    if (policy.connect().timeout() != null) {
      deadline = Math.min(whole, System.nanoTime() + policy.connect().timeout().toNanos());
    }
    boolean bounded = deadline != Long.MAX_VALUE;
    String to = place == null ? url : asked.at(url, place);
    if (bounded) {
      to = DatabaseUrl.without(to, LOGIN_TIMEOUT);
    }
    if (replica) {
      to = DatabaseUrl.without(to, "targetServerType");
    }
    Properties own = new Properties();
    info.stringPropertyNames().forEach(name -> own.setProperty(name, info.getProperty(name)));
    if (bounded && asked.system().equals("postgresql")) {
      // with a login time-out the driver connects on a thread of its own, unseen by the floor
      own.setProperty(LOGIN_TIMEOUT, "0");
    }
    OPENING.set(Boolean.TRUE);
    try (ConnectTry now = ConnectTry.begin(tried, deadline)) {
      Connection made = driver.connect(to, own);
      if (made == null) {
        throw new SQLException("the driver does not take " + asked.system(), "08001");
      }
      now.done();
      return made;
    } catch (IOException late) {
      throw new SQLTransientConnectionException(String.valueOf(late.getMessage()), "08001", late);
    } finally {
      OPENING.remove();
    }
  }

  /** What the application allows for getting in. */
  private long loginDeadline() {
    String inUrl = DatabaseUrl.option(url, LOGIN_TIMEOUT);
    String own = inUrl != null ? inUrl : info.getProperty(LOGIN_TIMEOUT);
    double seconds = DriverManager.getLoginTimeout();
    try {
      seconds = own == null ? seconds : Double.parseDouble(own);
    } catch (NumberFormatException unset) {
      return Long.MAX_VALUE;
    }
    return seconds <= 0
        ? Long.MAX_VALUE
        : System.nanoTime() + (long) (seconds * TimeUnit.SECONDS.toNanos(1));
  }

  /** Another try may do better: nobody was let in, for reasons of the server. */
  private static boolean isWorthAnother(SQLException failed) {
    String state = failed.getSQLState() == null ? "" : failed.getSQLState();
    return state.startsWith("08")
        || state.startsWith("57P")
        || state.equals("53300")
        || state.equals("90067")
        || state.equals("90121");
  }
}
