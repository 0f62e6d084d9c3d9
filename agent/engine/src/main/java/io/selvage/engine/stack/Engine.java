package io.selvage.engine.stack;

import io.selvage.engine.flow.BodyReplay;
import io.selvage.engine.flow.Clock;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Facts;
import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.Randomness;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.flow.Stack;
import io.selvage.engine.model.MeshConfig;
import io.selvage.engine.model.NameTable;
import io.selvage.engine.model.Node;
import io.selvage.engine.observing.AccessLog;
import io.selvage.engine.observing.SeriesTable;
import io.selvage.engine.observing.SpanSink;
import io.selvage.engine.snapshot.PortMode;
import io.selvage.engine.snapshot.Reason;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
  private final Map<String, LongAdder> layerFailures = new ConcurrentHashMap<>();
  private final Facts.LayerFailures failures;
  private final Stack outbound;
  private volatile MeshConfig config = MeshConfig.EMPTY;

  private Engine(Builder b) {
    clock = b.clock;
    Facts.LayerFailures reported = b.failures;
    failures =
        (layer, bug) -> {
          layerFailures.computeIfAbsent(layer, name -> new LongAdder()).increment();
          reported.failed(layer, bug);
        };
    outbound = Stack.builder().build();
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
    config = next;
    return List.of();
  }

  /** The configuration in force. */
  public MeshConfig config() {
    return config;
  }

  /**
   * A request that the application makes; see {@link Exchange} for how to carry it out.
   *
   * @param host name or address asked for, without port
   * @param context what the calling thread is in
   */
  public Exchange outbound(RequestHead head, String host, int port, MeshContext context) {
    Facts facts = new Facts(failures);
    facts.host = host;
    facts.port = port;
    facts.context = context;
    return new Exchange(outbound, clock, head, facts);
  }

  /**
   * A request that came in; 'send this attempt' means: let the application run. After {@link
   * Exchange#begin} its {@link Facts#context} is what the application must run in.
   */
  public Exchange inbound(RequestHead head, Peer peer) {
    Facts facts = new Facts(failures);
    facts.peer = peer;
    return new Exchange(outbound, clock, head, facts);
  }

  /**
   * A raw connection; its attempt carries endpoint and TLS. Report {@code Responded} when it is
   * established and end the exchange when it closes.
   */
  public Exchange connect(String host, int port, MeshContext context) {
    return outbound(new Line("CONNECT", host + ":" + port, ""), host, port, context);
  }

  /** A statement to a database; its attempt's deadline is the statement's. */
  public Exchange statement(StatementCall call, MeshContext context) {
    return outbound(
        new Line("EXECUTE", call.address() + ":" + call.port(), call.database()),
        call.address(),
        call.port(),
        context);
  }

  /** What connections to one of the application's ports must look like now. */
  public PortMode portMode(int port) {
    return PortMode.UNKNOWN;
  }

  /** Virtual addresses of the mesh's names. */
  public NameTable names() {
    return config.names();
  }

  /** What {@link #outbound} would do. */
  public Explanation explain(RequestHead head, String host, int port) {
    return explained(outbound(head, host, port, MeshContext.NONE));
  }

  /** What {@link #inbound} would do. */
  public Explanation explainInbound(RequestHead head, Peer peer) {
    return explained(inbound(head, peer));
  }

  /** Accumulators of all requests, connections and statements so far. */
  public SeriesTable series() {
    return series;
  }

  /** How often each layer has thrown; empty when the engine is sound. */
  public Map<String, Long> layerFailures() {
    Map<String, Long> counts = new TreeMap<>();
    layerFailures.forEach((layer, count) -> counts.put(layer, count.sum()));
    return counts;
  }

  private static Explanation explained(Exchange x) {
    x.facts().explaining = true;
    x.begin();
    x.end(End.ABORTED);
    return new Explanation(
        "",
        "",
        "",
        "",
        List.of(),
        "",
        new Explanation.Tls("none", "", List.of()),
        List.of(),
        List.of(),
        null,
        "");
  }

  /** The head of something that has no headers. */
  private static final class Line extends RequestHead {
    Line(String method, String authority, String path) {
      super(method, "", authority, path, Protocol.TCP);
    }

    @Override
    protected @Nullable String original(String name) {
      return null;
    }

    @Override
    public BodyReplay bodyReplay() {
      return BodyReplay.ONE_SHOT;
    }
  }

  /** Collects what an engine needs. */
  public static final class Builder {
    private final Node node;
    private Clock clock = Clock.SYSTEM;
    private LongSupplier epochNanos = () -> System.currentTimeMillis() * 1_000_000;
    private Randomness randomness = Randomness.SYSTEM;
    private AccessLog accessLog = AccessLog.NONE;
    private SpanSink spans = SpanSink.NONE;
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

    /** Told of each layer that throws, in addition to {@link Engine#layerFailures}. */
    public Builder failures(Facts.LayerFailures value) {
      failures = value;
      return this;
    }

    public Engine build() {
      return new Engine(this);
    }
  }
}
