package io.selvage.engine.stack;

import io.selvage.engine.flow.AsyncDriver;
import io.selvage.engine.flow.AsyncTransport;
import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.Randomness;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.flow.TestAnswer;
import io.selvage.engine.flow.TestHead;
import io.selvage.engine.flow.VirtualTime;
import io.selvage.engine.model.Locality;
import io.selvage.engine.model.Node;
import io.selvage.engine.observing.AccessRecord;
import io.selvage.engine.observing.Series;
import io.selvage.engine.observing.SpanRecord;
import io.selvage.engine.snapshot.ClusterState;
import io.selvage.engine.snapshot.CompiledCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** An engine in virtual time with scripted chance, and calls through the asynchronous driver. */
final class MeshTest {
  static final Node NODE =
      new Node(
          "sidecar~10.0.0.9~productpage.default~default.svc.cluster.local",
          "productpage-v1",
          "default",
          "productpage",
          "v1",
          "productpage",
          "cluster.local",
          "Kubernetes",
          Locality.UNKNOWN,
          Map.of("app", "productpage"));

  final VirtualTime time = new VirtualTime();
  final List<AccessRecord> log = new ArrayList<>();
  final List<SpanRecord> spans = new ArrayList<>();
  final Engine engine;
  private final SplittableRandom random;

  MeshTest(Config config) {
    this(config, 1);
  }

  MeshTest(Config config, long seed) {
    this(config, seed, Locality.UNKNOWN);
  }

  /** A caller that is somewhere. */
  MeshTest(Config config, long seed, Locality where) {
    random = new SplittableRandom(seed);
    Randomness chance = random::nextLong;
    engine =
        Engine.builder(
                new Node(
                    NODE.id(),
                    NODE.workload(),
                    NODE.namespace(),
                    NODE.service(),
                    NODE.version(),
                    NODE.serviceAccount(),
                    NODE.trustDomain(),
                    NODE.clusterId(),
                    where,
                    NODE.labels()))
            .clock(time)
            .epochNanos(time::nanos)
            .randomness(chance)
            .accessLog(log::add)
            .spans(spans::add)
            .build();
    engine.publish(config.build());
  }

  Call get(String path) {
    return call(TestHead.get("reviews:9080", path));
  }

  /** A call whose codec tells of the body's progress. */
  Call telling(String path) {
    RequestHead head = TestHead.get("reviews:9080", path);
    return new Call(engine.outbound(head, "reviews", Config.PORT, MeshContext.NONE), true).start();
  }

  Call call(RequestHead head) {
    return call(head, MeshContext.NONE);
  }

  Call call(RequestHead head, MeshContext context) {
    return new Call(engine.outbound(head, "reviews", Config.PORT, context)).start();
  }

  Call callTo(String host, int port) {
    return new Call(
            engine.outbound(TestHead.get(host + ":" + port, "/"), host, port, MeshContext.NONE))
        .start();
  }

  Call serve(RequestHead head, Peer peer) {
    return new Call(engine.inbound(head, peer)).start();
  }

  Call connect(String host, int port) {
    return new Call(engine.connect(host, port, MeshContext.NONE)).start();
  }

  void advance(Duration by) {
    time.advance(by);
  }

  ClusterState state(String cluster) {
    CompiledCluster found = Objects.requireNonNull(engine.snapshot().cluster(cluster));
    return found.state();
  }

  int inFlight(String cluster) {
    CompiledCluster found = Objects.requireNonNull(engine.snapshot().cluster(cluster));
    return found.hosts().stream().mapToInt(h -> h.state().inFlight()).sum();
  }

  /** Requests counted with this response code. */
  long counted(int code) {
    return engine.series().all().stream()
        .filter(s -> Integer.toString(code).equals(s.labels().get("response_code")))
        .mapToLong(Series::count)
        .sum();
  }

  static Peer mesh(String principal, int port) {
    return new Peer("10.0.0.7", 40_000, "10.0.0.9", port, true, principal, "outbound_", "abcd");
  }

  static Peer plain(int port) {
    return new Peer("10.0.0.7", 40_000, "10.0.0.9", port, false, null, null, null);
  }

  /** One call on its way. */
  final class Call implements AsyncTransport {
    final Exchange exchange;
    final List<Attempt> sent = new ArrayList<>();
    final List<Attempt> aborted = new ArrayList<>();
    final List<Exchange> shadows = new ArrayList<>();
    @Nullable Outcome outcome;
    private final AsyncDriver driver;
    private final boolean telling;

    Call(Exchange exchange) {
      this(exchange, false);
    }

    Call(Exchange exchange, boolean telling) {
      this.exchange = exchange;
      this.telling = telling;
      this.driver = new AsyncDriver(exchange, this, time, this::settled);
    }

    Call start() {
      driver.start();
      return this;
    }

    private void settled(Outcome result) {
      if (outcome != null) {
        throw new IllegalStateException("two outcomes");
      }
      outcome = result;
    }

    @Override
    public void send(Attempt attempt, Reports to) {
      sent.add(attempt);
      attempt.onAbort(() -> aborted.add(attempt));
    }

    @Override
    public boolean tellsActivity() {
      return telling;
    }

    @Override
    public void shadow(Exchange copy) {
      shadows.add(copy);
    }

    /** The newest attempt is answered. */
    Call answers(int status) {
      return reports(TestAnswer.of(status));
    }

    Call fails(Failed.Kind kind) {
      return reports(new Failed(kind, null));
    }

    Call reports(Outcome what) {
      return reports(sent.get(sent.size() - 1), what);
    }

    Call reports(Attempt attempt, Outcome what) {
      driver.report(attempt, what);
      return this;
    }

    Call end() {
      return end(End.COMPLETE);
    }

    Call end(End how) {
      driver.end(how);
      return this;
    }

    void cancel() {
      driver.cancel();
    }

    int port() {
      return Objects.requireNonNull(sent.get(sent.size() - 1).endpoint()).port();
    }

    int status() {
      if (outcome instanceof Rejection r) {
        return r.httpStatus();
      }
      if (outcome instanceof io.selvage.engine.flow.Responded r) {
        return r.head().status();
      }
      return outcome == null ? 0 : -1;
    }

    Rejection rejection() {
      return (Rejection) Objects.requireNonNull(outcome);
    }

    RequestHead head() {
      return exchange.head();
    }
  }
}
