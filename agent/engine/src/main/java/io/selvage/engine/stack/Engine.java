package io.selvage.engine.stack;

import io.selvage.engine.balancing.BalancedPicker;
import io.selvage.engine.flow.Clock;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Facts;
import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.Randomness;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.flow.Stack;
import io.selvage.engine.match.HostTable;
import io.selvage.engine.model.DatabasePolicy;
import io.selvage.engine.model.MeshConfig;
import io.selvage.engine.model.NameTable;
import io.selvage.engine.model.Node;
import io.selvage.engine.model.StringMatch;
import io.selvage.engine.observing.AccessLog;
import io.selvage.engine.observing.AuditSink;
import io.selvage.engine.observing.SeriesTable;
import io.selvage.engine.observing.SpanSink;
import io.selvage.engine.resilience.StatementBreakers;
import io.selvage.engine.security.TokenVerifier;
import io.selvage.engine.snapshot.DatabaseFacts;
import io.selvage.engine.snapshot.HostNames;
import io.selvage.engine.snapshot.MeshFacts;
import io.selvage.engine.snapshot.MeshSnapshot;
import io.selvage.engine.snapshot.PlaintextCallers;
import io.selvage.engine.snapshot.PortMode;
import io.selvage.engine.snapshot.Reason;
import io.selvage.engine.snapshot.SnapshotRef;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The mesh of one JVM as the rest of the agent uses it: publish a configuration, get exchanges.
 *
 * <p>Any thread; nothing blocks or throws. An exchange reads the configuration once, when it is
 * made.
 */
public final class Engine {
  private final Clock clock;
  private final SeriesTable series = new SeriesTable();
  private final PlaintextCallers plaintext = new PlaintextCallers();
  private final LongAdder mirrorsDropped = new LongAdder();
  private final Map<String, LongAdder> layerFailures = new ConcurrentHashMap<>();
  private final Facts.LayerFailures failures;
  private final StatementBreakers breakers;
  private final SnapshotRef snapshots;
  private final Stack outbound;
  private final Stack inbound;
  private final Stack connect;
  private final Stack statement;

  private Engine(Builder b) {
    clock = b.clock;
    snapshots =
        new SnapshotRef(BalancedPicker.factory(b.clock, b.randomness, b.node), b.clock, b.node);
    Facts.LayerFailures reported = b.failures;
    failures =
        (layer, bug) -> {
          layerFailures.computeIfAbsent(layer, name -> new LongAdder()).increment();
          reported.failed(layer, bug);
        };
    breakers = new StatementBreakers(b.statementBreakers, clock);
    Parts parts =
        new Parts(
            b.node,
            clock,
            b.epochNanos,
            b.randomness,
            b.accessLog,
            b.spans,
            b.audit,
            series,
            plaintext,
            breakers,
            mirrorsDropped,
            b.tokens,
            b.gateways);
    outbound = OutboundStack.of(parts);
    inbound = InboundStack.of(parts);
    connect = ConnectStack.of(parts);
    statement = StatementStack.of(parts);
  }

  /** Starts with an empty configuration, system time and chance, and no sinks. */
  public static Builder builder(Node node) {
    return new Builder(node);
  }

  /**
   * Makes a configuration the one that new exchanges see. Connections' and clusters' state carries
   * over.
   *
   * @return what was left out, and why; empty when all of it is in force
   */
  public List<Reason> publish(MeshConfig next) {
    return snapshots.publish(next).reasons();
  }

  /** Makes addresses of names those that new exchanges see; any thread but a request's. */
  public void resolved(HostNames names) {
    snapshots.resolved(names);
  }

  /** The configuration in force. */
  public MeshConfig config() {
    return snapshots.current().config();
  }

  /**
   * A request that the application makes; see {@link Exchange} for how to carry it out.
   *
   * @param host name or address asked for, without port
   * @param context what the calling thread is in
   */
  public Exchange outbound(RequestHead head, String host, int port, MeshContext context) {
    return new Exchange(outbound, clock, head, calling(head, host, port, context));
  }

  /**
   * A request that came in; 'send this attempt' means: let the application run. After {@link
   * Exchange#begin} its {@link Facts#context} is what the application must run in.
   */
  public Exchange inbound(RequestHead head, Peer peer) {
    MeshSnapshot snapshot = snapshots.current();
    MeshFacts facts = new MeshFacts(failures, snapshot, head.authority(), head.path());
    facts.peer = peer;
    facts.port = peer.localPort();
    facts.compiledChain = snapshot.inbound().find(peer.localPort(), peer.tls(), true);
    if (facts.compiledChain != null) {
      facts.observability = facts.compiledChain.observability();
    }
    return new Exchange(inbound, clock, head, facts);
  }

  /**
   * A raw connection; its attempt carries endpoint and TLS. Report {@link
   * io.selvage.engine.flow.Responded#done} when it is established (or {@code Failed}) and end the
   * exchange when it closes.
   */
  public Exchange connect(String host, int port, MeshContext context) {
    return connect(host, port, context, Set.of());
  }

  /**
   * The same for a connection that was tried before.
   *
   * @param tried endpoints as {@code address:port} that it should not go to while there are others
   */
  public Exchange connect(String host, int port, MeshContext context, Set<String> tried) {
    String name = normalised(host);
    RequestHead line = new Line("CONNECT", name + ":" + port, "");
    MeshFacts facts = calling(line, name, port, context);
    facts.tried = tried;
    return new Exchange(connect, clock, line, facts);
  }

  /**
   * A statement to a database; its attempt's deadline is the statement's. Report {@link
   * io.selvage.engine.flow.Responded#done} or {@code Failed}: {@code LOCAL} for what the database
   * itself refused (syntax, constraints), {@code RESET}, {@code CONNECT} or {@code TIMEOUT} for
   * trouble with the server.
   */
  public Exchange statement(StatementCall call, MeshContext context) {
    DatabasePolicy policy = database(call.askedAddress(), call.askedPort(), call.database());
    boolean led = !call.askedAddress().equals(call.address()) || call.askedPort() != call.port();
    DatabaseFacts facts =
        new DatabaseFacts(
            failures, call.system(), call.database(), call.sql(), policy, call.batch(), led);
    facts.host = call.address();
    facts.port = call.port();
    facts.context = context;
    RequestHead line = new Line("EXECUTE", call.address() + ":" + call.port(), "");
    return new Exchange(statement, clock, line, facts);
  }

  /**
   * The policy for a database; null when there is none.
   *
   * @param host as the JDBC URL has it; empty = embedded
   */
  public @Nullable DatabasePolicy database(String host, int port, String database) {
    return snapshots.current().databases().find(host, port, database);
  }

  /** What connections to one of the application's ports must look like now. */
  public PortMode portMode(int port) {
    return snapshots.current().inbound().mode(port);
  }

  /** Whether rules of who may do what stand before one of the application's ports. */
  public boolean isGuarded(int port) {
    return snapshots.current().inbound().isGuarded(port);
  }

  /** Virtual addresses of the mesh's names. */
  public NameTable names() {
    return config().names();
  }

  /** Whether a host is a name, or a virtual address, of the mesh. */
  public boolean knows(String host) {
    return snapshots.current().outbound().knows(normalised(host));
  }

  /** What {@link #outbound} would do. Turns of round robin go on as if the request were sent. */
  public Explanation explain(RequestHead head, String host, int port) {
    return Explainer.explain(outbound(head, host, port, MeshContext.NONE));
  }

  /** What {@link #inbound} would do. */
  public Explanation explainInbound(RequestHead head, Peer peer) {
    return Explainer.explain(inbound(head, peer));
  }

  /** What {@link #connect} would do. */
  public Explanation explainConnect(String host, int port) {
    return Explainer.explain(connect(host, port, MeshContext.NONE));
  }

  /** Accumulators of all requests, connections and statements so far. */
  public SeriesTable series() {
    return series;
  }

  /** Who has called without an identity of the mesh, and would be refused by STRICT. */
  public List<PlaintextCallers.Caller> plaintextCallers() {
    return plaintext.all();
  }

  /** Database servers and the states of their breakers. */
  public Map<String, String> statementBreakers() {
    return breakers.states();
  }

  /** How many mirrored copies were due that a library's codec could not make. */
  public long mirrorsDropped() {
    return mirrorsDropped.sum();
  }

  /** How often each layer has thrown; empty when the engine is sound. */
  public Map<String, Long> layerFailures() {
    Map<String, Long> counts = new TreeMap<>();
    layerFailures.forEach((layer, count) -> counts.put(layer, count.sum()));
    return counts;
  }

  /** The snapshot in force, for tests and for reports on clusters. */
  public MeshSnapshot snapshot() {
    return snapshots.current();
  }

  private MeshFacts calling(RequestHead head, String host, int port, MeshContext context) {
    MeshSnapshot snapshot = snapshots.current();
    MeshFacts facts = new MeshFacts(failures, snapshot, head.authority(), head.path());
    facts.host = normalised(host);
    facts.port = port;
    facts.context = context;
    facts.compiledListener = snapshot.outbound().find(facts.host, port);
    if (facts.compiledListener != null) {
      facts.observability = facts.compiledListener.observability();
    }
    return facts;
  }

  private static String normalised(String host) {
    String name = HostTable.lowerCase(host);
    return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
  }

  /** Collects what an engine needs. */
  public static final class Builder {
    private final Node node;
    private Clock clock = Clock.SYSTEM;
    private LongSupplier epochNanos = () -> System.currentTimeMillis() * 1_000_000;
    private Randomness randomness = Randomness.SYSTEM;
    private AccessLog accessLog = AccessLog.NONE;
    private SpanSink spans = SpanSink.NONE;
    private AuditSink audit = AuditSink.NONE;
    private TokenVerifier tokens = TokenVerifier.NONE;
    private List<StringMatch> gateways = List.of();
    private StatementBreakers.Policy statementBreakers = StatementBreakers.Policy.DEFAULT;
    private Facts.LayerFailures failures = (layer, bug) -> {};

    private Builder(Node node) {
      this.node = Objects.requireNonNull(node);
    }

    public Builder clock(Clock value) {
      clock = value;
      return this;
    }

    /** Nanoseconds since 1970, for records; read at the end of an exchange. */
    public Builder epochNanos(LongSupplier value) {
      epochNanos = value;
      return this;
    }

    public Builder randomness(Randomness value) {
      randomness = value;
      return this;
    }

    public Builder accessLog(AccessLog value) {
      accessLog = value;
      return this;
    }

    public Builder spans(SpanSink value) {
      spans = value;
      return this;
    }

    /** What the SPIFFE ids of gateways match whose headers about others are believed. */
    public Builder gateways(List<StringMatch> value) {
      gateways = List.copyOf(value);
      return this;
    }

    /** Judges tokens of end users; without it none is believed. */
    public Builder tokens(TokenVerifier value) {
      tokens = value;
      return this;
    }

    /** Told what was done in databases whose policy wants it. */
    public Builder audit(AuditSink value) {
      audit = value;
      return this;
    }

    /** Told of each layer that throws, in addition to {@link Engine#layerFailures}. */
    public Builder failures(Facts.LayerFailures value) {
      failures = value;
      return this;
    }

    public Builder statementBreakers(StatementBreakers.Policy value) {
      statementBreakers = value;
      return this;
    }

    public Engine build() {
      return new Engine(this);
    }
  }
}
