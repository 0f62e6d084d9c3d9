package io.selvage.instrumentation.testing.server;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.AsyncDriver;
import io.selvage.engine.flow.AsyncTransport;
import io.selvage.engine.flow.BlockingDriver;
import io.selvage.engine.flow.Clock;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Facts;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.flow.Stack;
import io.selvage.engine.flow.TraceContext;
import io.selvage.engine.model.MeshConfig;
import io.selvage.engine.model.Node;
import io.selvage.engine.snapshot.Reason;
import io.selvage.engine.stack.Engine;
import io.selvage.extension.Mesh;
import io.selvage.extension.MeshRuntime;
import io.selvage.extension.MeshTls;
import io.selvage.extension.Names;
import io.selvage.extension.PortPolicy;
import io.selvage.extension.Statements;
import io.selvage.identity.IdentityException;
import io.selvage.identity.IdentityTls;
import io.selvage.identity.Svid;
import io.selvage.identity.TrustBundle;
import io.selvage.identity.WorkloadIdentity;
import io.selvage.instrumentation.testing.client.Credentials;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A mesh for servers' seams: real exchanges with one layer, whose decisions the path asks for.
 *
 * <p>{@code /deny…} is refused, {@code /delay…} waits, {@code /teapot…} is answered with headers;
 * everything else runs. What the seam reports is kept. Any thread.
 */
public final class ServerMesh implements MeshRuntime, AutoCloseable {
  static final Duration DELAY = Duration.ofMillis(600);
  static final String TRACE = "0af7651916cd43dd8448eb211c80319c";

  private final Faults faults = new Faults();
  private final ServerTls tls;
  private final Stack stack =
      Stack.builder().layer(new Watch()).layer(faults.layer()).layer(new Script()).build();
  private final Map<Integer, String> listening = new ConcurrentHashMap<>();
  private final List<Integer> closed = new CopyOnWriteArrayList<>();
  private final List<Served> served = new CopyOnWriteArrayList<>();
  private final List<String> reports = new CopyOnWriteArrayList<>();
  private final Map<Exchange, Served> open = new ConcurrentHashMap<>();
  private volatile PortPolicy.Mode mode = PortPolicy.Mode.PERMISSIVE;
  private volatile boolean broken;
  private volatile boolean guarded;
  private volatile @Nullable Engine engine;
  private volatile @Nullable MeshTls identity;

  public ServerMesh(Credentials credentials) {
    this.tls = new ServerTls(credentials, faults);
    Mesh.install(this);
  }

  /** As if the control plane had pushed it. */
  public void mode(PortPolicy.Mode value) {
    mode = value;
  }

  /** From now on each request makes the mesh throw. */
  public void breakRequests() {
    broken = true;
  }

  /** What this mesh is made to fail at. */
  public Faults faults() {
    return faults;
  }

  /** Whether rules stand before all ports. */
  public void guarded(boolean value) {
    guarded = value;
  }

  /** From now on each handshake makes the mesh throw. */
  public void breakHandshakes() {
    tls.broken(true);
  }

  /** From now on the agent's own engine and identity decide, with this configuration. */
  public void decideBy(MeshConfig config, Credentials own) {
    WorkloadIdentity workload = new WorkloadIdentity();
    try {
      workload.install(
          Svid.of(own.chain(), own.key()), TrustBundle.of("cluster.local", List.of(own.root())));
    } catch (IdentityException broken) {
      throw new IllegalStateException(broken);
    }
    identity = new IdentityTls(workload, port -> null, java.time.Clock.systemUTC(), refused -> {});
    engine = Engine.builder(Node.UNKNOWN).build();
    publish(config);
  }

  /** Another configuration for that engine; in force when this returns. */
  public void publish(MeshConfig config) {
    Engine real = engine;
    List<Reason> leftOut = real == null ? List.of() : real.publish(config);
    if (real == null || !leftOut.isEmpty()) {
      throw new IllegalArgumentException("left out: " + leftOut);
    }
  }

  /** Requests in the order in which they came. */
  public List<Served> served() {
    return served;
  }

  public Map<Integer, String> listeningPorts() {
    return listening;
  }

  public List<Integer> closedPorts() {
    return closed;
  }

  public List<String> reports() {
    return reports;
  }

  /** Exchanges that were begun and not ended. */
  public int inFlight() {
    return open.size();
  }

  @Override
  public @Nullable Exchange inbound(RequestHead head, Peer peer) {
    if (broken) {
      throw new IllegalStateException("the mesh is broken");
    }
    faults.at(Faults.Point.OPEN);
    faults.at(Faults.Point.REPORT);
    Engine real = engine;
    if (real != null) {
      return real.inbound(head, peer);
    }
    Served request =
        new Served(head.method(), head.path(), head.authority(), head.protocol(), peer);
    Facts facts =
        new Facts(
            (layer, bug) -> {
              if (!faults.injects()) {
                throw new AssertionError(layer, bug);
              }
            });
    facts.peer = peer;
    Exchange exchange = new Exchange(stack, Clock.SYSTEM, head, facts);
    open.put(exchange, request);
    served.add(request);
    return exchange;
  }

  private final class Script extends Layer {
    @Override
    protected @Nullable Action onRequest(Exchange x) {
      String path = x.head().path();
      if (path.startsWith("/deny")) {
        return Rejection.of(403, 7, "-", "SELV-5001", "RBAC: access denied", "policy deny");
      }
      if (path.startsWith("/teapot")) {
        return new Rejection(418, 14, "FI", "SELV-6010", "short", "", Map.of("retry-after", "7"));
      }
      if (path.startsWith("/delay") && !x.resumed()) {
        return x.waitFor(DELAY);
      }
      Peer peer = x.facts().peer;
      x.facts().context =
          new MeshContext(
              new TraceContext(TRACE, "b7ad6b7169203331", true, ""),
              Long.MAX_VALUE,
              peer == null ? null : peer.principal(),
              "request-1");
      forwardIdentity(x.head(), peer);
      x.head().setHeader("x-added", "by the mesh");
      x.head().removeHeader("x-removed");
      return PASS;
    }
  }

  /** As the engine does it. */
  private static void forwardIdentity(RequestHead head, @Nullable Peer peer) {
    if (peer != null && peer.principal() != null) {
      head.setHeader(
          "x-forwarded-client-cert", "Hash=" + peer.certificateHash() + ";URI=" + peer.principal());
    } else {
      head.removeHeader("x-forwarded-client-cert");
    }
  }

  /** Stands above the one that may wait, as a layer that waits is not entered yet. */
  private final class Watch extends Layer {
    @Override
    protected void onOutcome(Exchange x, Outcome outcome) {
      seen(x).outcome(outcome);
      if (outcome instanceof Responded responded) {
        responded.head().setHeader("x-answered", "by the mesh");
        responded.head().removeHeader("x-secret");
      }
    }

    @Override
    protected void onEnd(Exchange x, End end) {
      seen(x).end(end);
      open.remove(x);
    }

    private Served seen(Exchange x) {
      Served request = open.get(x);
      if (request == null) {
        throw new AssertionError("an exchange that was ended");
      }
      return request;
    }
  }

  @Override
  public PortPolicy port(int localPort) {
    Engine real = engine;
    if (real == null) {
      faults.at(Faults.Point.PORT);
      return new PortPolicy(mode, true).withRules(guarded);
    }
    PortPolicy policy =
        switch (real.portMode(localPort)) {
          case STRICT -> new PortPolicy(PortPolicy.Mode.STRICT, true);
          case STRICT_BUT_FOR_PATHS -> new PortPolicy(PortPolicy.Mode.STRICT, true, true);
          case PERMISSIVE -> new PortPolicy(PortPolicy.Mode.PERMISSIVE, true);
          case DISABLE -> new PortPolicy(PortPolicy.Mode.DISABLE, true);
          case UNKNOWN -> new PortPolicy(PortPolicy.Mode.PERMISSIVE, false);
        };
    return policy.withRules(real.isGuarded(localPort));
  }

  @Override
  public void listening(int localPort, String seam) {
    listening.put(localPort, seam);
  }

  @Override
  public void closed(int localPort) {
    closed.add(localPort);
  }

  @Override
  public MeshTls tls() {
    MeshTls real = identity;
    return real == null ? tls : real;
  }

  /** The same, with its counters. */
  public ServerTls serverTls() {
    return tls;
  }

  @Override
  public @Nullable Exchange outbound(RequestHead head, String host, int port) {
    return null;
  }

  @Override
  public @Nullable Exchange connect(String host, int port) {
    return null;
  }

  @Override
  public BlockingDriver blocking() {
    return BlockingDriver.real(Clock.SYSTEM);
  }

  @Override
  public AsyncDriver async(Exchange exchange, AsyncTransport transport, Consumer<Outcome> outcome) {
    throw new UnsupportedOperationException("the calling side");
  }

  @Override
  public Clock clock() {
    return Clock.SYSTEM;
  }

  @Override
  public Names names() {
    return new Names() {
      @Override
      public @Nullable List<InetAddress> resolve(String host) {
        return null;
      }

      @Override
      public @Nullable String nameOf(InetAddress address) {
        return null;
      }
    };
  }

  @Override
  public Statements statements() {
    return call -> null;
  }

  @Override
  public void report(String code, String message) {
    reports.add(code + " " + message);
    faults.at(Faults.Point.REPORT);
  }

  @Override
  public void close() {
    Mesh.install(null);
  }
}
