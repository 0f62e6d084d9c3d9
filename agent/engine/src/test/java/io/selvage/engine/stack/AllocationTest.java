package io.selvage.engine.stack;

import static io.selvage.engine.stack.Config.cluster;
import static io.selvage.engine.stack.Config.route;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.flow.TestAnswer;
import io.selvage.engine.flow.TestHead;
import io.selvage.engine.flow.TraceContext;
import io.selvage.engine.model.HeaderMatch;
import io.selvage.engine.model.HeaderOps;
import io.selvage.engine.model.WeightedCluster;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Prints what a request allocates and costs in the engine (a guide, not a benchmark: JMH holds the
 * budget) and fails only when something grows out of all proportion.
 */
class AllocationTest {
  @Test
  void printsBytesPerRequest() {
    List<Config.RouteBuilder> routes = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      routes.add(route().prefix("/r" + i).header(HeaderMatch.exact("end-user", "u" + i)));
    }
    routes.add(
        route()
            .to(
                new WeightedCluster("v1", 50, HeaderOps.NONE, HeaderOps.NONE),
                new WeightedCluster("v2", 50, HeaderOps.NONE, HeaderOps.NONE))
            .retries(2)
            .timeout(Duration.ofSeconds(5)));
    Config config =
        Config.http(routes.toArray(new Config.RouteBuilder[0]))
            .cluster(cluster("v1", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10))
            .cluster(cluster("v2", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
    Engine engine = Engine.builder(MeshTest.NODE).build();
    engine.publish(config.build());
    MeshContext context =
        MeshContext.NONE.withTrace(
            new TraceContext("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", false, ""));
    Responded answer = TestAnswer.of(200);
    run(engine, context, answer, 100_000);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    int n = 100_000;
    long heads = heads(n, threads);
    long before = threads.getCurrentThreadAllocatedBytes();
    long start = threads.getCurrentThreadCpuTime();
    run(engine, context, answer, n);
    long nanos = (threads.getCurrentThreadCpuTime() - start) / n;
    long bytes = (threads.getCurrentThreadAllocatedBytes() - before - heads) / n;
    System.out.printf(
        "engine: %d B and %d ns of CPU a request (split, retry policy, timeout, metrics, header)%n",
        bytes, nanos);
    assertThat(bytes).isLessThan(4_096);
  }

  private static long heads(int n, ThreadMXBean threads) {
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < n; i++) {
      TestHead.get("reviews:9080", "/x").with("x-request-id", "known");
    }
    return threads.getCurrentThreadAllocatedBytes() - before;
  }

  private static void run(Engine engine, MeshContext context, Responded answer, int times) {
    for (int i = 0; i < times; i++) {
      TestHead head = TestHead.get("reviews:9080", "/x");
      head.with("x-request-id", "known");
      Exchange x = engine.outbound(head, "reviews", Config.PORT, context);
      Attempt attempt = (Attempt) x.begin();
      x.onOutcome(attempt, answer);
      x.end(End.COMPLETE);
    }
  }
}
