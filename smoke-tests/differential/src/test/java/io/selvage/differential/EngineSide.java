package io.selvage.differential;

import io.selvage.control.parse.ClusterParser;
import io.selvage.control.parse.EndpointParser;
import io.selvage.control.parse.ListenerParser;
import io.selvage.control.parse.Parsed;
import io.selvage.control.parse.RouteParser;
import io.selvage.engine.flow.AsyncDriver;
import io.selvage.engine.flow.AsyncTransport;
import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.model.InboundListener;
import io.selvage.engine.model.Locality;
import io.selvage.engine.model.MeshConfig;
import io.selvage.engine.model.NameTable;
import io.selvage.engine.model.Node;
import io.selvage.engine.observing.AccessRecord;
import io.selvage.engine.snapshot.Reason;
import io.selvage.engine.stack.Engine;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.Function;

/**
 * The engine, configured through the agent's own parsers from serialised resources, in virtual time
 * and with chance from a seed. Its transport asks the script what a real upstream host would do.
 */
final class EngineSide {
  private static Node node(Locality locality) {
    return new Node(
        "differential",
        "differential",
        "default",
        "differential",
        "v1",
        "differential",
        "cluster.local",
        "Kubernetes",
        locality,
        Map.of("app", "differential"));
  }

  private final VirtualClock clock = new VirtualClock();
  private final List<AccessRecord> log = new ArrayList<>();
  private final Map<String, List<Received>> received = new HashMap<>();
  private final Map<String, String> refused = new LinkedHashMap<>();
  private final Engine engine;
  private Script script = Script.OK;

  EngineSide(long seed) {
    this(seed, Locality.UNKNOWN);
  }

  /**
   * @param locality where the caller is
   */
  EngineSide(long seed, Locality locality) {
    SplittableRandom random = new SplittableRandom(seed);
    engine =
        Engine.builder(node(locality))
            .clock(clock)
            .epochNanos(clock::nanos)
            .randomness(random::nextLong)
            .accessLog(log::add)
            .build();
  }

  /** An engine with this configuration; every resource must be understood in full. */
  static EngineSide of(Resources resources, long seed) {
    EngineSide side = new EngineSide(seed);
    Map<String, String> refused = side.publish(resources);
    if (!refused.isEmpty()) {
      throw new AssertionError("the agent refuses " + refused);
    }
    return side;
  }

  /**
   * Makes this the configuration.
   *
   * @return resource name to reason, for what the parser refused, warned of or left out
   */
  Map<String, String> publish(Resources resources) {
    refused.clear();
    List<io.selvage.engine.model.Listener> listeners = new ArrayList<>();
    Map<String, io.selvage.engine.model.RouteConfig> routes = new LinkedHashMap<>();
    Map<String, io.selvage.engine.model.Cluster> clusters = new LinkedHashMap<>();
    Map<String, io.selvage.engine.model.Endpoints> endpoints = new LinkedHashMap<>();
    resources
        .clusters()
        .forEach(
            c ->
                read(
                    c.getName(),
                    c,
                    ClusterParser::parse,
                    io.envoyproxy.envoy.config.cluster.v3.Cluster::parseFrom,
                    v -> clusters.put(v.name(), v)));
    resources
        .endpoints()
        .forEach(
            e ->
                read(
                    e.getClusterName(),
                    e,
                    EndpointParser::parse,
                    io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment::parseFrom,
                    v -> endpoints.put(v.clusterName(), v)));
    resources
        .routes()
        .forEach(
            r ->
                read(
                    r.getName(),
                    r,
                    RouteParser::parse,
                    io.envoyproxy.envoy.config.route.v3.RouteConfiguration::parseFrom,
                    v -> routes.put(v.name(), v)));
    resources
        .listeners()
        .forEach(
            l ->
                read(
                    l.getName(),
                    l,
                    ListenerParser::parse,
                    io.envoyproxy.envoy.config.listener.v3.Listener::parseFrom,
                    part -> listeners.add(((ListenerParser.Outbound) part).listener())));
    for (Reason reason :
        engine.publish(
            new MeshConfig(
                listeners,
                InboundListener.EMPTY,
                routes,
                clusters,
                endpoints,
                NameTable.EMPTY,
                false))) {
      refused.merge(reason.resource(), reason.toString(), (a, b) -> a + "; " + b);
    }
    return Map.copyOf(refused);
  }

  /** Parses bytes, as they come over the wire. */
  private interface FromBytes<P> {
    P parse(com.google.protobuf.ByteString bytes)
        throws com.google.protobuf.InvalidProtocolBufferException;
  }

  private <P extends com.google.protobuf.MessageLite, T> void read(
      String name,
      P message,
      Function<P, Parsed<T>> parser,
      FromBytes<P> bytes,
      java.util.function.Consumer<T> to) {
    try {
      Parsed<T> parsed = parser.apply(bytes.parse(message.toByteString()));
      List<String> complaints = new ArrayList<>(parsed.reasons());
      // other warnings are of what is as useless for Envoy
      parsed.warnings().stream().filter(w -> w.contains("left out")).forEach(complaints::add);
      if (!complaints.isEmpty()) {
        refused.put(name, String.join("; ", complaints));
      }
      if (parsed.value() != null) {
        to.accept(parsed.value());
      }
    } catch (com.google.protobuf.InvalidProtocolBufferException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  EngineSide script(Script next) {
    script = next;
    return this;
  }

  Engine engine() {
    return engine;
  }

  VirtualClock clock() {
    return clock;
  }

  /** Addresses of the hosts that outlier detection has taken out of a cluster. */
  List<String> ejected(String cluster) {
    return Objects.requireNonNull(engine.snapshot().cluster(cluster)).hosts().stream()
        .filter(host -> host.state().ejected)
        .map(host -> host.state().address())
        .toList();
  }

  /** Carries out a call to its end, moving time as needed. */
  Decision decide(Call call) {
    Run run = start(call);
    while (run.outcome == null && clock.step()) {
      // until there is an outcome
    }
    if (run.outcome == null) {
      throw new IllegalStateException("the engine never answers " + call);
    }
    return run.decision();
  }

  /** Begins a call, for scenarios in which several are under way at once. */
  Run start(Call call) {
    Run run = new Run(call);
    run.driver.start();
    return run;
  }

  /** One call on its way. */
  final class Run implements AsyncTransport {
    private final Call call;
    private final AsyncDriver driver;
    private final int logged = log.size();
    private int nth;
    private Outcome outcome;

    Run(Call call) {
      this.call = call;
      Exchange exchange =
          engine.outbound(
              new CallHead(call), call.listenerHost(), call.listenerPort(), MeshContext.NONE);
      driver = new AsyncDriver(exchange, this, clock, this::settled);
    }

    private void settled(Outcome result) {
      outcome = result;
      if (result instanceof Responded) {
        driver.end(End.COMPLETE);
      }
    }

    boolean isOver() {
      return outcome != null;
    }

    @Override
    public void send(Attempt attempt, Reports to) {
      send(attempt, outcome -> to.report(attempt, outcome));
    }

    private void send(Attempt attempt, java.util.function.Consumer<Outcome> to) {
      String host =
          attempt.endpoint() == null
              ? "passthrough"
              : attempt.endpoint().address() + ":" + attempt.endpoint().port();
      boolean[] over = new boolean[1];
      java.util.function.Consumer<Outcome> once =
          outcome -> {
            if (!over[0]) {
              over[0] = true;
              to.accept(outcome);
            }
          };
      attempt.onAbort(() -> once.accept(new Failed(Failed.Kind.RESET, null)));
      if (script.isDown(host)) {
        clock.after(
            script.connectDelay(), () -> once.accept(new Failed(Failed.Kind.CONNECT, null)));
        return;
      }
      Received request = ((CallHead) attempt.exchange().head()).toHost(host);
      received.computeIfAbsent(request.id(), id -> new ArrayList<>()).add(request);
      attempt.requestSent();
      Answer answer = script.answer(request, nth++);
      switch (answer.kind()) {
        case RESPOND, CUT ->
            clock.after(
                answer.after(), () -> once.accept(new Responded(new CallHead.Response(answer))));
        case RESET ->
            clock.after(answer.after(), () -> once.accept(new Failed(Failed.Kind.RESET, null)));
        case HANG -> {}
      }
    }

    @Override
    public void shadow(Exchange copy) {
      AsyncTransport beside =
          new AsyncTransport() {
            @Override
            public void send(Attempt attempt, Reports to) {
              Run.this.send(attempt, outcome -> to.report(attempt, outcome));
            }
          };
      AsyncDriver[] own = new AsyncDriver[1];
      own[0] =
          new AsyncDriver(
              copy,
              beside,
              clock,
              result -> {
                if (result instanceof Responded) {
                  own[0].end(End.COMPLETE);
                }
              });
      own[0].start();
    }

    /** What became of it; the call must be over. */
    Decision decision() {
      AccessRecord record = log.size() > logged ? log.get(log.size() - 1) : null;
      String flag = record == null ? "-" : record.responseFlags();
      String cluster =
          record == null || record.upstreamCluster().isEmpty() ? "-" : record.upstreamCluster();
      List<Received> all = List.copyOf(received.getOrDefault(call.id(), List.of()));
      if (outcome instanceof Responded responded) {
        CallHead.Response head = (CallHead.Response) responded.head();
        boolean bodiless = call.method().equals("HEAD");
        return new Decision(
            head.status(), head.headers(), bodiless ? "" : head.body(), all, flag, cluster);
      }
      if (outcome instanceof Rejection rejection) {
        return rejected(rejection, all, flag, cluster);
      }
      return new Decision(0, List.of(), "", all, flag, cluster);
    }

    private Decision rejected(
        Rejection rejection, List<Received> all, String flag, String cluster) {
      List<Header> headers = new ArrayList<>();
      rejection.headers().forEach((name, value) -> headers.add(new Header(name, value)));
      if (call.isGrpc()) {
        // what the gRPC codecs make of a refusal: headers and trailers in one
        headers.removeIf(h -> h.name().equals("content-type"));
        headers.add(new Header("content-type", "application/grpc"));
        headers.add(new Header("grpc-status", "" + rejection.grpcStatus()));
        if (!rejection.body().isEmpty()) {
          headers.add(new Header("grpc-message", rejection.body().replace("%", "%25")));
        }
        return new Decision(200, headers, "", all, flag, cluster);
      }
      boolean typed = headers.stream().anyMatch(h -> h.name().equals("content-type"));
      if (!rejection.body().isEmpty() && !typed) {
        // the codecs' own: a refusal is plain text
        headers.add(new Header("content-type", "text/plain"));
      }
      String body = call.method().equals("HEAD") ? "" : rejection.body();
      return new Decision(rejection.httpStatus(), headers, body, all, flag, cluster);
    }
  }
}
