package io.selvage.engine.stack;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.BlockingDriver;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.HeadChanges;
import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.flow.ResponseHead;
import io.selvage.engine.flow.TestAnswer;
import io.selvage.engine.flow.TestHead;
import io.selvage.engine.flow.Transport;
import io.selvage.engine.flow.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.IntUnaryOperator;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Services in a row, each with an engine of its own, in one JVM and in virtual time: what one
 * engine sends, headers and all, is what the next one gets. Each application calls the next service
 * once for each request and answers {@code 503} when that fails.
 */
final class Chain {
  private final VirtualTime time = new VirtualTime();
  private final List<Engine> engines = new ArrayList<>();
  private final int[] reached;
  private final Protocol protocol;
  private final List<RequestHead> heads = new ArrayList<>();
  boolean mutualTls = true;
  Duration thinking = Duration.ofMillis(5);
  int served;

  /** What the last service says: HTTP status, gRPC status (negated), or 0 for a refused connect. */
  IntUnaryOperator last = n -> 200;

  Chain(int services, Protocol protocol, UnaryOperator<Config> rules) {
    this.protocol = protocol;
    reached = new int[services];
    for (int i = 0; i < services; i++) {
      SplittableRandom random = new SplittableRandom(i);
      Engine engine =
          Engine.builder(MeshTest.NODE).clock(time).randomness(random::nextLong).build();
      engine.publish(
          rules
              .apply(new Config())
              .chain(Config.ChainBuilder.tls(Config.PORT))
              .chain(Config.ChainBuilder.raw(Config.PORT))
              .build());
      engines.add(engine);
    }
  }

  VirtualTime time() {
    return time;
  }

  /** Sendings that reached service {@code i}, failed connects included. */
  int reached(int i) {
    return reached[i];
  }

  /** The newest request that service {@code i} got. */
  List<RequestHead> heads() {
    return heads;
  }

  /** One request from the edge, which is no peer of the mesh. */
  Outcome request() {
    reached[0]++;
    return serve(0, head("/"), MeshTest.plain(Config.PORT));
  }

  private TestHead head(String path) {
    return protocol == Protocol.GRPC
        ? TestHead.grpc("reviews:9080", path)
        : TestHead.get("reviews:9080", path);
  }

  private Outcome serve(int i, RequestHead head, Peer peer) {
    heads.add(head);
    Exchange in = engines.get(i).inbound(head, peer);
    Action next = in.begin();
    if (!(next instanceof Attempt attempt)) {
      in.end(End.ABORTED);
      return (Outcome) next;
    }
    served++;
    time.advance(thinking);
    ResponseHead answer = answer(i, in.facts().context);
    in.onOutcome(attempt, new Responded(answer));
    in.end(
        protocol == Protocol.GRPC
            ? End.grpc(answer.grpcStatus() < 0 ? 0 : answer.grpcStatus())
            : End.COMPLETE);
    return new Responded(answer);
  }

  private ResponseHead answer(int i, MeshContext context) {
    if (i == engines.size() - 1) {
      int said = last.applyAsInt(reached[i]);
      return said < 0 ? new TestAnswer(200, -said) : new TestAnswer(said, -1);
    }
    Outcome outcome = call(i, context);
    boolean well =
        outcome instanceof Responded r && r.head().status() == 200 && r.head().grpcStatus() <= 0;
    if (protocol == Protocol.GRPC) {
      return new TestAnswer(200, well ? 0 : 14);
    }
    return new TestAnswer(well ? 200 : status(outcome), -1);
  }

  private static int status(Outcome outcome) {
    return outcome instanceof Responded r
        ? r.head().status()
        : outcome instanceof Rejection x ? x.httpStatus() : 503;
  }

  private Outcome call(int i, MeshContext context) {
    Exchange x = engines.get(i).outbound(head("/"), "reviews", Config.PORT, context);
    BlockingDriver driver =
        new BlockingDriver((until, wait) -> time.advanceTo(Math.max(until, time.nanos())));
    try {
      Outcome outcome = driver.run(x, new Wire(i + 1));
      x.end(End.COMPLETE);
      return outcome;
    } catch (InterruptedException impossible) {
      throw new AssertionError(impossible);
    }
  }

  /** Carries an attempt to the next service. */
  private final class Wire implements Transport {
    private final int to;

    Wire(int to) {
      this.to = to;
    }

    @Override
    public Outcome send(Attempt attempt) {
      reached[to]++;
      if (to == engines.size() - 1 && last.applyAsInt(reached[to]) == 0) {
        return new Failed(Failed.Kind.CONNECT, null);
      }
      attempt.requestSent();
      TestHead arrived = head(attempt.exchange().head().path());
      for (HeadChanges.Change change : attempt.exchange().head().changes().list()) {
        String value = attempt.exchange().head().header(change.name());
        if (value != null) {
          arrived.with(change.name(), value);
        }
      }
      Peer peer =
          mutualTls
              ? MeshTest.mesh("spiffe://cluster.local/ns/default/sa/s" + (to - 1), Config.PORT)
              : MeshTest.plain(Config.PORT);
      Outcome outcome = serve(to, arrived, peer);
      return outcome instanceof Rejection r
          ? new Responded(new TestAnswer(r.httpStatus(), -1))
          : outcome;
    }

    @Override
    public void discard(Outcome outcome) {
      Objects.requireNonNull(outcome);
    }
  }

  static @Nullable String header(RequestHead head, String name) {
    return head.header(name);
  }
}
