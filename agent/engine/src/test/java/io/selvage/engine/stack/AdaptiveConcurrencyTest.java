package io.selvage.engine.stack;

import static io.selvage.engine.stack.Config.cluster;
import static io.selvage.engine.stack.Config.route;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.TestHead;
import io.selvage.engine.model.AdaptiveConcurrency;
import io.selvage.engine.model.ManagerPolicy;
import io.selvage.engine.model.RequestLimits;
import io.selvage.engine.model.Resilience;
import io.selvage.engine.model.WorkloadPolicy;
import io.selvage.engine.snapshot.ConcurrencyLimiter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Limits that follow latency, in virtual time. */
class AdaptiveConcurrencyTest {
  private static AdaptiveConcurrency config(
      @Nullable Duration interval, @Nullable Duration fixed, int requests, int least, int most) {
    return new AdaptiveConcurrency(
        "default/reviews",
        0.5,
        most,
        ofMillis(100),
        interval == null ? Duration.ZERO : interval,
        fixed,
        requests,
        0.15,
        least,
        0.25,
        503);
  }

  private static AdaptiveConcurrency measuring() {
    return config(ofSeconds(60), null, 5, 3, 1000);
  }

  private static MeshTest calling(AdaptiveConcurrency config) {
    return new MeshTest(
        Config.http(route())
            .cluster(
                cluster("reviews", 1)
                    .resilience(new Resilience("default/reviews", null, null, config))));
  }

  private static ConcurrencyLimiter limiter(MeshTest mesh) {
    return Objects.requireNonNull(
        Objects.requireNonNull(mesh.engine.snapshot().cluster("reviews")).concurrency());
  }

  /** One request after the other, each of which takes so long. */
  private static void answered(MeshTest mesh, int calls, Duration each) {
    for (int i = 0; i < calls; i++) {
      MeshTest.Call call = mesh.get("/");
      assertThat(call.sent).hasSize(1);
      mesh.advance(each);
      call.answers(200).end();
    }
  }

  private static List<MeshTest.Call> asManyAsAllowed(MeshTest mesh) {
    List<MeshTest.Call> held = new ArrayList<>();
    for (; ; ) {
      MeshTest.Call call = mesh.get("/");
      if (call.sent.isEmpty()) {
        assertThat(call.rejection().code()).isEqualTo("SELV-6044");
        assertThat(call.rejection().body()).isEqualTo("reached concurrency limit");
        return held;
      }
      held.add(call);
    }
  }

  @Test
  void beginsWithItsLeastWhileItMeasuresAndGrowsAfterwards() {
    MeshTest mesh = calling(measuring());
    List<MeshTest.Call> first = asManyAsAllowed(mesh);
    assertThat(first).hasSize(3);
    mesh.advance(ofMillis(10));
    first.forEach(c -> c.answers(200).end());
    answered(mesh, 2, ofMillis(10));
    assertThat(limiter(mesh).limit()).as("restored after five").isEqualTo(3);

    // no slower than the ideal time: times 1.25 by the buffer, and the root of that as headroom
    int expected = 3;
    for (int window = 0; window < 6; window++) {
      answered(mesh, 10, ofMillis(10));
      double limit = expected * 1.25;
      expected = (int) (limit + Math.sqrt(limit));
      var unused = limiter(mesh).enter(mesh.time.nanos(), () -> 0);
      limiter(mesh).forget();
      assertThat(limiter(mesh).limit()).as("window " + window).isEqualTo(expected);
    }
    assertThat(asManyAsAllowed(mesh)).hasSize(expected);
  }

  @Test
  void halvesAtMostAndMeasuresAnewAfterFiveWindowsAtItsLeast() {
    MeshTest mesh = calling(measuring());
    answered(mesh, 5, ofMillis(10));
    for (int i = 0; i < 60; i++) {
      answered(mesh, 1, ofMillis(10));
    }
    int before = limiter(mesh).limit();
    assertThat(before).isGreaterThan(8);
    // a hundred times slower: half, and headroom
    answered(mesh, 1, ofSeconds(1));
    mesh.advance(ofMillis(100));
    answered(mesh, 1, ofSeconds(1));
    double half = limiter(mesh).limit();
    assertThat(half).isLessThan(before).isGreaterThanOrEqualTo(before / 2);
    for (int i = 0; i < 40; i++) {
      answered(mesh, 1, ofSeconds(1));
    }
    // the slow time is the ideal time now, so the limit grows again
    assertThat(limiter(mesh).limit()).isGreaterThan(3);
  }

  @Test
  void measuresAgainAfterTheIntervalAndItsJitter() {
    MeshTest mesh = calling(measuring());
    answered(mesh, 5, ofMillis(10));
    answered(mesh, 100, ofMillis(10));
    assertThat(limiter(mesh).limit()).isGreaterThan(10);
    mesh.advance(ofMillis(58_900));
    assertThat(asManyAsAllowed(mesh)).as("not yet").hasSizeGreaterThan(10);
    MeshTest other = calling(measuring());
    answered(other, 5, ofMillis(10));
    answered(other, 100, ofMillis(10));
    other.advance(ofSeconds(69));
    assertThat(asManyAsAllowed(other)).as("measuring").hasSize(3);
  }

  @Test
  void aFixedIdealTimeIsNeverMeasured() {
    MeshTest mesh = calling(config(null, ofMillis(10), 5, 3, 20));
    answered(mesh, 400, ofMillis(10));
    assertThat(limiter(mesh).limit()).as("the upper bound").isEqualTo(20);
    answered(mesh, 400, ofMillis(100));
    // half of the limit, and its root, is the limit: it stays where it is
    assertThat(limiter(mesh).limit()).isBetween(3, 4);
  }

  @Test
  void onlyWholeAnswersTellOfLatency() {
    MeshTest mesh = calling(config(ofSeconds(60), null, 2, 1, 1000));
    for (int i = 0; i < 9; i++) {
      mesh.get("/").cancel();
      mesh.get("/").fails(Failed.Kind.RESET).end(End.ABORTED);
      MeshTest.Call cut = mesh.get("/").answers(200);
      assertThat(mesh.get("/").status()).as("its body is under way").isEqualTo(503);
      cut.end(End.ABORTED);
    }
    assertThat(limiter(mesh).underWay()).isZero();
    assertThat(asManyAsAllowed(mesh)).as("still measuring").hasSize(1);
  }

  @Test
  void aServerKeepsItsOwnConcurrencyAndItsFilters() {
    MeshTest mesh =
        new MeshTest(
            new Config()
                .own(
                    new WorkloadPolicy(
                        "default/p", WorkloadPolicy.Propagation.ALL, List.of(), measuring(), null))
                .chain(Config.ChainBuilder.raw(9080)));
    List<MeshTest.Call> held = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      held.add(mesh.serve(TestHead.get("reviews", "/"), MeshTest.plain(9080)));
    }
    MeshTest.Call refused = mesh.serve(TestHead.get("reviews", "/"), MeshTest.plain(9080));
    assertThat(refused.sent).isEmpty();
    assertThat(refused.rejection().httpStatus()).isEqualTo(503);
    assertThat(refused.rejection().detail()).contains("default/reviews");
    held.get(0).answers(200).end();
    assertThat(mesh.serve(TestHead.get("reviews", "/"), MeshTest.plain(9080)).sent).hasSize(1);
  }

  @Test
  void aListenersFilterAnswersWithItsStatus() {
    AdaptiveConcurrency filter =
        new AdaptiveConcurrency(
            "", 0.5, 1, ofMillis(100), ofSeconds(60), null, 50, 0, 1, 0.25, 529);
    MeshTest mesh =
        new MeshTest(
            new Config()
                .listener(
                    null, new ManagerPolicy(null, null, new RequestLimits(null, filter)), route())
                .cluster(cluster("reviews", 1)));
    MeshTest.Call first = mesh.get("/");
    assertThat(mesh.get("/").status()).isEqualTo(529);
    first.answers(200).end();
    assertThat(mesh.get("/").sent).hasSize(1);
  }

  @Test
  void stateOutlivesPushesThatDoNotChangeIt() {
    MeshTest mesh = calling(measuring());
    answered(mesh, 5, ofMillis(10));
    answered(mesh, 100, ofMillis(10));
    int limit = limiter(mesh).limit();
    mesh.engine.publish(mesh.engine.config());
    assertThat(limiter(mesh).limit()).isEqualTo(limit).isGreaterThan(3);
  }

  /** A server with 20 workers of 10 ms each, asked by ever more callers at the same time. */
  @Test
  void whatItLetsThroughIsWhatTheServerCanDo() {
    MeshTest mesh = calling(config(ofSeconds(600), null, 20, 3, 1000));
    SimulatedServer server = new SimulatedServer(mesh, 20, ofMillis(10));
    for (int second = 0; second < 20; second++) {
      server.run(ofSeconds(1), 400);
    }
    // without a limit 400 at once would take 200 ms each
    assertThat(server.slowest()).isLessThan(ofMillis(60));
    assertThat(server.doneInLastSecond()).as("of 2000 that it can do").isGreaterThan(1500);
    assertThat(limiter(mesh).limit()).isBetween(15, 90);
  }

  /** Serves in turn, as many at once as it has workers. */
  private static final class SimulatedServer {
    private record Job(MeshTest.Call call, long since) {}

    private final MeshTest mesh;
    private final int workers;
    private final Duration work;
    private final List<Job> queue = new ArrayList<>();
    private long slowest;
    private int done;

    SimulatedServer(MeshTest mesh, int workers, Duration work) {
      this.mesh = mesh;
      this.workers = workers;
      this.work = work;
    }

    /** Callers that come again at once, until there are as many as wanted under way. */
    void run(Duration span, int callers) {
      slowest = 0;
      done = 0;
      for (long i = 0; i < span.toNanos() / work.toNanos(); i++) {
        for (int c = queue.size(); c < callers; c++) {
          MeshTest.Call call = mesh.get("/");
          if (call.sent.isEmpty()) {
            break;
          }
          queue.add(new Job(call, mesh.time.nanos()));
        }
        mesh.advance(work);
        for (int w = 0; w < workers && !queue.isEmpty(); w++) {
          Job job = queue.remove(0);
          slowest = Math.max(slowest, mesh.time.nanos() - job.since());
          done++;
          job.call().answers(200).end();
        }
      }
    }

    Duration slowest() {
      return Duration.ofNanos(slowest);
    }

    int doneInLastSecond() {
      return done;
    }
  }
}
