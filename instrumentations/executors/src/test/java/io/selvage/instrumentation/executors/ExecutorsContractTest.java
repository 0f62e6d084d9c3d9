package io.selvage.instrumentation.executors;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.flow.TraceContext;
import io.selvage.extension.ContextScope;
import io.selvage.extension.Intent;
import io.selvage.instrumentation.testing.WovenJvm;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.extension.ExtendWith;

/** Work runs in the context in which it was handed over, and no thread keeps it. */
@ExtendWith(WovenJvm.class)
@Timeout(60)
class ExecutorsContractTest {
  private static final MeshContext CONTEXT =
      new MeshContext(
          new TraceContext("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", true, ""),
          Long.MAX_VALUE,
          "spiffe://cluster.local/ns/default/sa/caller",
          "request-1");

  private final ExecutorService pool = Executors.newFixedThreadPool(2, daemons());
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(daemons());

  @AfterEach
  void stop() {
    pool.shutdownNow();
    timer.shutdownNow();
  }

  @AfterAll
  static void allSeamsWereReached() {
    WovenJvm.assertLinked(
        "ExecuteAdvice",
        "CallableAdvice",
        "PeriodicAdvice",
        "StageAdvice$OfFunction",
        "StageAdvice$OfSupplier",
        "TwoStageAdvice$OfBiFunction");
  }

  private static ThreadFactory daemons() {
    return task -> {
      Thread thread = new Thread(task, "application");
      thread.setDaemon(true);
      return thread;
    };
  }

  /** Hands work over in the context; gives the context in which the work ran. */
  private static MeshContext seen(Consumer<Runnable> handOver) throws Exception {
    CompletableFuture<MeshContext> seen = new CompletableFuture<>();
    try (ContextScope scope = ContextScope.attach(CONTEXT)) {
      handOver.accept(() -> seen.complete(ContextScope.current()));
    }
    assertThat(ContextScope.current()).isSameAs(MeshContext.NONE);
    return seen.get(20, TimeUnit.SECONDS);
  }

  private static <T> T inContext(Callable<T> work) throws Exception {
    try (ContextScope scope = ContextScope.attach(CONTEXT)) {
      return work.call();
    }
  }

  private static MeshContext contextOf(Executor executor) throws Exception {
    CompletableFuture<MeshContext> seen = new CompletableFuture<>();
    executor.execute(() -> seen.complete(ContextScope.current()));
    return seen.get(20, TimeUnit.SECONDS);
  }

  @Test
  void executeCarriesAndTheThreadForgets() throws Exception {
    for (int i = 0; i < 4; i++) {
      assertThat(seen(pool::execute)).isSameAs(CONTEXT);
    }
    for (int i = 0; i < 4; i++) {
      assertThat(contextOf(pool)).isSameAs(MeshContext.NONE);
    }
  }

  @Test
  void submitCarries() throws Exception {
    assertThat(seen(pool::submit)).isSameAs(CONTEXT);
    assertThat(inContext(() -> pool.submit(ContextScope::current)).get()).isSameAs(CONTEXT);
    assertThat(pool.submit(ContextScope::current).get()).isSameAs(MeshContext.NONE);
  }

  @Test
  void invokeAllAndCompletionServicesCarry() throws Exception {
    Callable<MeshContext> current = ContextScope::current;
    List<Future<MeshContext>> all = inContext(() -> pool.invokeAll(List.of(current, current)));
    for (Future<MeshContext> one : all) {
      assertThat(one.get()).isSameAs(CONTEXT);
    }
    ExecutorCompletionService<MeshContext> service = new ExecutorCompletionService<>(pool);
    inContext(() -> service.submit(current));
    assertThat(service.take().get()).isSameAs(CONTEXT);
  }

  @Test
  void scheduledWorkCarriesAndRepeatedWorkDoesNot() throws Exception {
    assertThat(seen(work -> timer.schedule(work, 1, TimeUnit.MILLISECONDS))).isSameAs(CONTEXT);
    assertThat(seen(work -> timer.scheduleAtFixedRate(work, 1, 50, TimeUnit.MILLISECONDS)))
        .isSameAs(MeshContext.NONE);
    assertThat(seen(work -> timer.scheduleWithFixedDelay(work, 1, 50, TimeUnit.MILLISECONDS)))
        .isSameAs(MeshContext.NONE);
  }

  @Test
  void forkJoinPoolsCarry() throws Exception {
    ForkJoinPool fork = new ForkJoinPool(2);
    try {
      assertThat(seen(fork::execute)).isSameAs(CONTEXT);
      assertThat(seen(fork::submit)).isSameAs(CONTEXT);
      Callable<MeshContext> current = ContextScope::current;
      assertThat(inContext(() -> fork.submit(current)).get()).isSameAs(CONTEXT);
      assertThat(fork.submit(current).get()).isSameAs(MeshContext.NONE);
    } finally {
      fork.shutdownNow();
    }
  }

  @Test
  void asynchronousStepsCarry() throws Exception {
    assertThat(inContext(() -> CompletableFuture.supplyAsync(ContextScope::current)).get())
        .isSameAs(CONTEXT);
    assertThat(inContext(() -> CompletableFuture.supplyAsync(ContextScope::current, pool)).get())
        .isSameAs(CONTEXT);
    assertThat(seen(CompletableFuture::runAsync)).isSameAs(CONTEXT);
    assertThat(seen(work -> CompletableFuture.runAsync(work, task -> new Thread(task).start())))
        .isSameAs(CONTEXT);
  }

  @Test
  void stepsRunInTheContextTheyWereAddedInWhoeverCompletesThem() throws Exception {
    CompletableFuture<String> first = new CompletableFuture<>();
    CompletableFuture<String> other = new CompletableFuture<>();
    List<CompletableFuture<MeshContext>> steps =
        inContext(
            () ->
                List.of(
                    first.thenApply(value -> ContextScope.current()),
                    first.thenApplyAsync(value -> ContextScope.current(), pool),
                    first.thenCompose(
                        value -> CompletableFuture.completedFuture(ContextScope.current())),
                    first.handle((value, thrown) -> ContextScope.current()),
                    first.thenCombine(other, (one, two) -> ContextScope.current()),
                    first.applyToEither(other, value -> ContextScope.current())));
    AtomicReference<MeshContext> observed = new AtomicReference<>();
    CompletableFuture<Void> last =
        inContext(
            () ->
                first
                    .whenComplete((value, thrown) -> {})
                    .thenAccept(value -> observed.set(ContextScope.current())));

    Thread stranger =
        new Thread(
            () -> {
              first.complete("done");
              other.complete("done");
            });
    stranger.start();
    for (CompletableFuture<MeshContext> step : steps) {
      assertThat(step.get(20, TimeUnit.SECONDS)).isSameAs(CONTEXT);
    }
    last.get(20, TimeUnit.SECONDS);
    assertThat(observed.get()).isSameAs(CONTEXT);
  }

  @Test
  void comparableTasksStayComparable() throws Exception {
    ThreadPoolExecutor ordered =
        new ThreadPoolExecutor(1, 1, 1, TimeUnit.SECONDS, new PriorityBlockingQueue<>(), daemons());
    try {
      CountDownLatch done = new CountDownLatch(3);
      inContext(
          () -> {
            for (int i = 0; i < 3; i++) {
              ordered.execute(new Numbered(i, done));
            }
            return null;
          });
      assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
    } finally {
      ordered.shutdownNow();
    }
  }

  @Test
  void poolsStillSeeTheirFutureTasks() throws Exception {
    CompletableFuture<Runnable> after = new CompletableFuture<>();
    ThreadPoolExecutor watching =
        new ThreadPoolExecutor(
            1, 1, 1, TimeUnit.SECONDS, new java.util.concurrent.LinkedBlockingQueue<>()) {
          @Override
          protected void afterExecute(Runnable task, Throwable thrown) {
            after.complete(task);
          }
        };
    try {
      inContext(() -> watching.submit(() -> {}));
      assertThat(after.get(20, TimeUnit.SECONDS)).isInstanceOf(FutureTask.class);
    } finally {
      watching.shutdownNow();
    }
  }

  @Test
  void theAgentsOwnWorkCarriesNothing() throws Exception {
    CompletableFuture<MeshContext> seen = new CompletableFuture<>();
    try (ContextScope scope = ContextScope.attach(CONTEXT);
        Intent bypass = Intent.bypass()) {
      pool.execute(() -> seen.complete(ContextScope.current()));
    }
    assertThat(seen.get(20, TimeUnit.SECONDS)).isSameAs(MeshContext.NONE);
  }

  @Test
  @EnabledForJreRange(min = JRE.JAVA_21)
  void virtualThreadsCarry() throws Exception {
    ExecutorService each =
        (ExecutorService) Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
    try {
      assertThat(seen(each::execute)).isSameAs(CONTEXT);
      assertThat(inContext(() -> each.submit(ContextScope::current)).get()).isSameAs(CONTEXT);
      assertThat(each.submit(ContextScope::current).get()).isSameAs(MeshContext.NONE);
    } finally {
      each.shutdown();
    }
    assertThat(
            seen(
                work -> {
                  try {
                    Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, work);
                  } catch (ReflectiveOperationException missing) {
                    throw new IllegalStateException(missing);
                  }
                }))
        .isSameAs(CONTEXT);
    WovenJvm.assertLinked("VirtualThreadAdvice");
  }

  private record Numbered(int number, CountDownLatch done)
      implements Runnable, Comparable<Numbered> {
    @Override
    public void run() {
      done.countDown();
    }

    @Override
    public int compareTo(Numbered other) {
      return Integer.compare(number, other.number);
    }
  }
}
