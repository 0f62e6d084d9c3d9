package io.selvage.extension;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.model.ConnectionLimits;
import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.UpstreamTls;
import java.io.Closeable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Makes the pool of any library keep to what a cluster says of its connections: requests, streams,
 * age, idle time, probes of TCP ({@link ConnectionLimits}).
 *
 * <p>All libraries pool by a key that the mesh gives them. Where a cluster sets such a limit, the
 * key is a <em>lane</em>: it takes attempts until a connection that carried all of them would have
 * reached its limit, then another lane follows. So a limit holds for each connection, whatever the
 * library does; connections of a lane that is over are closed once nothing is under way on it. A
 * lane may have several connections (HTTP/1.1), hence a connection may see fewer requests than it
 * could. Any thread; one short lock an endpoint, and none where nothing is limited.
 */
public final class ConnectionLanes {
  /** A library may still be handing over the last answer when its body has ended for the engine. */
  private static final Executor LATER =
      CompletableFuture.delayedExecutor(100, TimeUnit.MILLISECONDS);

  private static final Map<Object, ConnectionLanes> ALL = new ConcurrentHashMap<>();

  private final Object key;
  private final MeshRuntime mesh;
  private final List<Lane> lanes = new ArrayList<>(1);
  private ConnectionLimits limits = ConnectionLimits.NONE;
  private long sweepAt = Long.MAX_VALUE;
  private boolean gone;

  private ConnectionLanes(Object key, MeshRuntime mesh) {
    this.key = key;
    this.mesh = mesh;
  }

  /**
   * The key of the connections that an attempt may use; equal for attempts that may share one. An
   * attempt that asks again gets the same.
   */
  public static Object keyOf(
      MeshRuntime mesh, Attempt attempt, Endpoint endpoint, @Nullable UpstreamTls tls) {
    Object key = mesh.tls().poolKey(endpoint, tls);
    ConnectionLimits limits = attempt.connectionLimits();
    if (!bounds(limits)) {
      return key;
    }
    if (attempt.held() instanceof Hold hold) {
      return hold.lane;
    }
    Lane lane = null;
    while (lane == null) {
      ConnectionLanes lanes = ALL.computeIfAbsent(key, k -> new ConnectionLanes(k, mesh));
      lane = lanes.take(limits, isMultiplexed(attempt));
    }
    attempt.hold(new Hold(lane));
    return lane;
  }

  /** A connection was opened for an attempt that asked for its key before. */
  public static void opened(Attempt attempt, Closeable connection) {
    if (attempt.held() instanceof Hold hold) {
      hold.lane.opened(connection);
    }
  }

  /** How idle connections of a key of {@link #keyOf} are probed; null = as the library does. */
  public static ConnectionLimits.@Nullable TcpKeepalive keepalive(Object key) {
    return key instanceof Lane lane ? lane.lanes.keepalive() : null;
  }

  private synchronized ConnectionLimits.@Nullable TcpKeepalive keepalive() {
    return limits.tcpKeepalive();
  }

  /** A connection was opened for a key of {@link #keyOf}. */
  public static void opened(Object key, Closeable connection) {
    if (key instanceof Lane lane) {
      lane.opened(connection);
    }
  }

  private static boolean bounds(ConnectionLimits limits) {
    return limits.maxRequestsPerConnection() > 0
        || limits.maxConcurrentStreams() > 0
        || limits.maxConnectionDuration() != null
        || limits.tcpKeepalive() != null
        || isSet(limits.idleTimeout());
  }

  private static boolean isSet(@Nullable Duration time) {
    return time != null && !time.isZero();
  }

  private static boolean isMultiplexed(Attempt attempt) {
    var cluster = attempt.exchange().facts().cluster;
    return cluster != null && cluster.http2()
        || attempt.exchange().head().protocol() != Protocol.HTTP1;
  }

  /** Null when the last lane has just gone with this object. */
  private synchronized @Nullable Lane take(ConnectionLimits now, boolean multiplexed) {
    if (gone) {
      return null;
    }
    limits = now;
    long moment = mesh.clock().nanos();
    int streams = multiplexed ? limits.maxConcurrentStreams() : 0;
    for (Lane lane : lanes) {
      if (!isOver(lane, moment) && (streams <= 0 || lane.underWay < streams)) {
        lane.taken++;
        lane.underWay++;
        return lane;
      }
    }
    Lane opened = new Lane(this, moment);
    opened.taken = 1;
    opened.underWay = 1;
    lanes.add(opened);
    sweep(moment);
    return opened;
  }

  private synchronized void giveBack(Lane lane) {
    long moment = mesh.clock().nanos();
    lane.underWay--;
    lane.freeSince = moment;
    sweep(moment);
  }

  synchronized boolean isOpen(Lane lane) {
    return lanes.contains(lane);
  }

  private boolean isOver(Lane lane, long moment) {
    return limits.maxRequestsPerConnection() > 0 && lane.taken >= limits.maxRequestsPerConnection()
        || moment >= overAt(lane);
  }

  /** When age or idle time end the lane. */
  private long overAt(Lane lane) {
    long at = Long.MAX_VALUE;
    Duration age = limits.maxConnectionDuration();
    if (age != null) {
      at = lane.since + age.toNanos();
    }
    Duration idle = limits.idleTimeout();
    if (idle != null && !idle.isZero() && lane.underWay == 0) {
      at = Math.min(at, lane.freeSince + idle.toNanos());
    }
    return at;
  }

  /** Closes lanes that are over and have nothing under way; comes again when the next one is. */
  private void sweep(long moment) {
    long next = Long.MAX_VALUE;
    for (Iterator<Lane> each = lanes.iterator(); each.hasNext(); ) {
      Lane lane = each.next();
      if (lane.underWay > 0) {
        continue;
      }
      if (isOver(lane, moment)) {
        each.remove();
        LATER.execute(lane::close);
      } else {
        next = Math.min(next, overAt(lane));
      }
    }
    if (lanes.isEmpty()) {
      gone = true;
      ALL.remove(key, this);
    } else if (next < sweepAt) {
      sweepAt = next;
      long delay = Math.max(1, (next - moment) / 1_000_000 + 1);
      CompletableFuture.delayedExecutor(delay, TimeUnit.MILLISECONDS).execute(this::swept);
    }
  }

  private synchronized void swept() {
    sweepAt = Long.MAX_VALUE;
    if (!gone) {
      sweep(mesh.clock().nanos());
    }
  }

  /** An attempt's part of a lane, until the attempt ends. */
  private record Hold(Lane lane) implements Runnable {
    @Override
    public void run() {
      lane.lanes.giveBack(lane);
    }
  }

  /** A pool key; equal to itself alone. Its counters are guarded by its owner. */
  private static final class Lane {
    private final ConnectionLanes lanes;
    private final OpenConnections connections = new OpenConnections();
    private final long since;
    private int taken;
    private int underWay;
    private long freeSince;

    Lane(ConnectionLanes lanes, long since) {
      this.lanes = lanes;
      this.since = since;
      this.freeSince = since;
    }

    void opened(Closeable connection) {
      TcpProbes.set(connection, lanes.keepalive());
      connections.add(connection);
      if (!lanes.isOpen(this)) {
        connections.close();
      }
    }

    void close() {
      connections.close();
    }

    @Override
    public String toString() {
      return "lane of " + lanes.key;
    }
  }
}
