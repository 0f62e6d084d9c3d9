package io.selvage.simulation;

import io.selvage.engine.flow.AsyncDriver;
import io.selvage.engine.flow.AsyncTransport;
import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.BodyReplay;
import io.selvage.engine.flow.Clock;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.HeadChanges;
import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.flow.ResponseHead;
import io.selvage.engine.flow.Timer;
import io.selvage.engine.model.Locality;
import io.selvage.engine.model.Node;
import io.selvage.engine.snapshot.MeshFacts;
import io.selvage.engine.stack.Engine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * Requests of one workload carried out by the engine against upstream hosts on paper, in virtual
 * time and with chance from a seed: what is sent where, and what the application gets.
 */
final class Dialogue {
  private final Time time = new Time();
  private final Engine engine;
  private final List<Sent> sent = new ArrayList<>();
  private Function<Sent, Reply> upstream = request -> Reply.of(200);

  Dialogue(SimulatedMesh mesh, String service, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    engine =
        Engine.builder(
                new Node(
                    "n",
                    service,
                    "default",
                    service,
                    "v1",
                    service,
                    "cluster.local",
                    "Kubernetes",
                    Locality.UNKNOWN,
                    Map.of("app", service)))
            .clock(time)
            .epochNanos(time::nanos)
            .randomness(random::nextLong)
            .build();
    engine.publish(mesh.configOf(service));
  }

  /** A request as an upstream host got it; header names in lower case. */
  record Sent(
      String cluster,
      String endpoint,
      String method,
      String path,
      String authority,
      Map<String, String> headers,
      boolean shadow,
      Duration at) {}

  /** An answer; status 0 never comes. */
  record Reply(int status, Map<String, String> headers) {
    static Reply of(int status, String... headers) {
      return new Reply(status, pairs(headers));
    }

    static Reply never() {
      return of(0);
    }
  }

  /** What the application got; the body only of answers that the engine made. */
  record Heard(int status, int grpcStatus, Map<String, String> headers, String body) {
    String header(String name) {
      return headers.get(name);
    }
  }

  Dialogue upstream(Function<Sent, Reply> answers) {
    upstream = answers;
    return this;
  }

  /** Everything that was sent upstream so far. */
  List<Sent> sent() {
    return sent;
  }

  /** What was sent last. */
  Sent last() {
    return sent.get(sent.size() - 1);
  }

  Heard get(String host, int port, String path, String... headers) {
    return call("GET", host, port, path, headers);
  }

  Heard call(String method, String host, int port, String path, String... headers) {
    return run(new Head(method, host + ":" + port, path, Protocol.HTTP1, headers), host, port);
  }

  /** A gRPC call; path {@code /service/method}. */
  Heard grpc(String host, int port, String path, String... headers) {
    return run(new Head("POST", host + ":" + port, path, Protocol.GRPC, headers), host, port);
  }

  private Heard run(Head head, String host, int port) {
    Outcome[] outcome = new Outcome[1];
    AsyncDriver[] driver = new AsyncDriver[1];
    driver[0] =
        new AsyncDriver(
            engine.outbound(head, host, port, MeshContext.NONE),
            new Network(false),
            time,
            result -> {
              outcome[0] = result;
              if (result instanceof Responded) {
                driver[0].end(End.COMPLETE);
              }
            });
    driver[0].start();
    while (outcome[0] == null && time.step()) {
      // until the application has its answer
    }
    if (outcome[0] instanceof Responded responded) {
      Answer answer = (Answer) responded.head();
      return new Heard(answer.status(), -1, applied(answer.headers, answer.changes()), "");
    }
    if (outcome[0] instanceof Rejection rejection) {
      return new Heard(
          rejection.httpStatus(), rejection.grpcStatus(), rejection.headers(), rejection.body());
    }
    throw new AssertionError("no answer: " + outcome[0]);
  }

  private static Map<String, String> pairs(String... texts) {
    Map<String, String> map = new TreeMap<>();
    for (int i = 0; i + 1 < texts.length; i += 2) {
      map.put(texts[i], texts[i + 1]);
    }
    return map;
  }

  private static Map<String, String> applied(Map<String, String> headers, HeadChanges changes) {
    Map<String, String> all = new TreeMap<>(headers);
    for (HeadChanges.Change change : changes.list()) {
      switch (change.kind()) {
        case REMOVE -> all.remove(change.name());
        case ADD -> all.merge(change.name(), change.value(), (a, b) -> a + "," + b);
        default -> all.put(change.name(), change.value());
      }
    }
    return all;
  }

  private final class Network implements AsyncTransport {
    private final boolean shadow;

    Network(boolean shadow) {
      this.shadow = shadow;
    }

    @Override
    public void send(Attempt attempt, Reports to) {
      boolean[] over = new boolean[1];
      java.util.function.Consumer<Outcome> once =
          outcome -> {
            if (!over[0]) {
              over[0] = true;
              to.report(attempt, outcome);
            }
          };
      attempt.onAbort(() -> once.accept(new Failed(Failed.Kind.RESET, null)));
      Head head = (Head) attempt.exchange().head();
      MeshFacts facts = MeshFacts.of(attempt.exchange());
      Sent request =
          new Sent(
              facts.cluster == null ? "" : facts.cluster.name(),
              attempt.endpoint() == null ? "" : attempt.endpoint().address(),
              head.method(),
              head.path(),
              head.authority(),
              applied(head.headers, head.changes()),
              shadow,
              time.since());
      sent.add(request);
      attempt.requestSent();
      Reply reply = upstream.apply(request);
      if (reply.status() > 0) {
        time.after(Duration.ofMillis(1), () -> once.accept(new Responded(new Answer(reply))));
      }
    }

    @Override
    public void shadow(Exchange copy) {
      AsyncDriver[] driver = new AsyncDriver[1];
      driver[0] =
          new AsyncDriver(
              copy,
              new Network(true),
              time,
              result -> {
                if (result instanceof Responded) {
                  driver[0].end(End.COMPLETE);
                }
              });
      driver[0].start();
    }
  }

  private static final class Head extends RequestHead {
    private final Map<String, String> headers;

    Head(String method, String authority, String path, Protocol protocol, String... headers) {
      this(method, authority, path, protocol, pairs(headers));
    }

    private Head(
        String method,
        String authority,
        String path,
        Protocol protocol,
        Map<String, String> headers) {
      super(method, "http", authority, path, protocol);
      this.headers = headers;
    }

    @Override
    protected String original(String name) {
      return headers.get(name);
    }

    @Override
    protected List<String> originals(String name) {
      String value = headers.get(name);
      return value == null ? List.of() : List.of(value);
    }

    @Override
    public RequestHead shadowCopy() {
      return new Head(method(), authority(), path(), protocol(), applied(headers, changes()));
    }

    @Override
    public BodyReplay bodyReplay() {
      return BodyReplay.REPEATABLE;
    }
  }

  private static final class Answer extends ResponseHead {
    private final Map<String, String> headers;

    Answer(Reply reply) {
      super(reply.status());
      this.headers = reply.headers();
    }

    @Override
    protected String original(String name) {
      return headers.get(name);
    }

    @Override
    public int grpcStatus() {
      String status = headers.get("grpc-status");
      return status == null ? -1 : Integer.parseInt(status);
    }
  }

  /** Time that moves only when nothing else is left to do. */
  private static final class Time implements Clock, Timer {
    private static final long START = 1_000_000_000_000L;

    private record Task(long at, long order, Runnable run, boolean[] off) {}

    private final PriorityQueue<Task> queue =
        new PriorityQueue<>(
            (a, b) -> a.at != b.at ? Long.compare(a.at, b.at) : Long.compare(a.order, b.order));
    private long now = START;
    private long order;

    @Override
    public long nanos() {
      return now;
    }

    Duration since() {
      return Duration.ofNanos(now - START);
    }

    @Override
    public Scheduled schedule(long atNanos, Runnable task) {
      Task entry = new Task(atNanos, order++, task, new boolean[1]);
      queue.add(entry);
      return () -> {
        entry.off[0] = true;
        queue.remove(entry);
      };
    }

    void after(Duration delay, Runnable task) {
      schedule(now + delay.toNanos(), task);
    }

    boolean step() {
      Task task = queue.poll();
      if (task == null) {
        return false;
      }
      now = Math.max(now, task.at);
      if (!task.off[0]) {
        task.run.run();
      }
      return true;
    }
  }
}
