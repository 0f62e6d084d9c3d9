package io.selvage.extension;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.flow.ResponseHead;
import io.selvage.engine.flow.Wait;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One request at a server's door, for seams of servers: asks the mesh, then is told of the answer
 * and of the end.
 *
 * <p>Serialises its exchange, so any thread may call. Never throws: when the mesh itself fails, a
 * STRICT port refuses and any other lets the application run. A plaintext request to a STRICT port
 * is refused here, so that a change of the mode reaches open connections.
 */
public final class InboundCall {
  /** What the server has to do next. */
  public enum Next {
    /** Let the application handle the request, with {@link #context()} on its threads. */
    RUN,
    /** Answer with {@link #rejection()}; the application does not see the request. */
    ANSWER,
    /** Nothing for {@link #waitNanos()} or until {@link #waitsFor()}; then {@link #resume()}. */
    WAIT
  }

  private static final Rejection PLAINTEXT =
      Rejection.of(
          403, 7, "UAEX", "SELV-4030", "RBAC: access denied", "plaintext request to a STRICT port");
  private static final Rejection BROKEN =
      Rejection.of(
          403, 7, "UAEX", "SELV-5901", "RBAC: access denied", "the mesh failed on a STRICT port");

  private final @Nullable Exchange exchange;
  private final Clock clock;
  private final boolean strict;
  private final boolean plaintext;
  private @Nullable Attempt attempt;
  private @Nullable Rejection rejection;
  private @Nullable Wait waiting;
  private boolean closes;
  private boolean answered;
  private boolean ended;

  /** The mesh's time. */
  private interface Clock {
    long nanos();
  }

  private InboundCall(@Nullable Exchange exchange, Clock clock, boolean strict, boolean plaintext) {
    this.exchange = exchange;
    this.clock = clock;
    this.strict = strict;
    this.plaintext = plaintext;
  }

  /**
   * Takes a request in.
   *
   * @return null when the mesh stands aside and the application is to run as it always does
   */
  public static @Nullable InboundCall open(RequestHead head, Peer peer) {
    MeshRuntime mesh = Mesh.runtime();
    if (mesh == null) {
      return null;
    }
    boolean strict = true;
    try {
      PortPolicy policy = mesh.port(peer.localPort());
      strict = policy.strict();
      Exchange exchange = mesh.inbound(head, peer);
      if (exchange == null) {
        return strict && !peer.tls() ? refused(PLAINTEXT, true) : null;
      }
      boolean plaintext = policy.refusesPlaintext() && !peer.tls();
      return new InboundCall(exchange, () -> mesh.clock().nanos(), strict, plaintext);
    } catch (RuntimeException | LinkageError bug) {
      report("taking a request in: " + bug);
      return strict ? refused(BROKEN, false) : null;
    }
  }

  /** The other end of a connection whose bytes the mesh did not wrap. */
  public static Peer plaintext(
      String remoteAddress, int remotePort, String localAddress, int localPort) {
    return new Peer(remoteAddress, remotePort, localAddress, localPort, false, null, null, null);
  }

  /** A request that a seam could not even describe: refused on a STRICT port, else left alone. */
  public static @Nullable InboundCall broken(int localPort, Throwable bug) {
    report("reading a request: " + bug);
    return mustJudge(localPort) ? refused(BROKEN, true) : null;
  }

  /**
   * Whether the port takes no plaintext connection now; an unanswered question counts as yes. One
   * that exempts paths does take them.
   */
  public static boolean isStrict(int localPort) {
    MeshRuntime mesh = Mesh.runtime();
    try {
      return mesh != null && mesh.port(localPort).refusesPlaintext();
    } catch (RuntimeException | LinkageError bug) {
      return true;
    }
  }

  /** Whether nothing may reach the application unjudged. */
  private static boolean mustJudge(int localPort) {
    MeshRuntime mesh = Mesh.runtime();
    try {
      return mesh != null && mesh.port(localPort).strict();
    } catch (RuntimeException | LinkageError bug) {
      return true;
    }
  }

  private static InboundCall refused(Rejection why, boolean closes) {
    InboundCall call = new InboundCall(null, System::nanoTime, true, false);
    call.rejection = why;
    call.closes = closes;
    call.ended = true;
    return call;
  }

  private static void report(String what) {
    MeshRuntime mesh = Mesh.runtime();
    if (mesh != null) {
      mesh.report("SELV-5901", what);
    }
  }

  /** Decides. */
  public synchronized Next begin() {
    Exchange x = exchange;
    if (x == null) {
      return Next.ANSWER;
    }
    try {
      return next(x, x.begin());
    } catch (RuntimeException | LinkageError bug) {
      return failed(bug);
    }
  }

  /** Goes on after {@link Next#WAIT}; harmless too early. */
  public synchronized Next resume() {
    Exchange x = exchange;
    Wait wait = waiting;
    if (x == null || wait == null) {
      return rejection != null ? Next.ANSWER : Next.RUN;
    }
    try {
      Action action = x.onTime();
      return action == Wait.FOR_REPORT ? Next.WAIT : next(x, action);
    } catch (RuntimeException | LinkageError bug) {
      return failed(bug);
    }
  }

  private Next next(Exchange x, Action action) {
    waiting = null;
    if (action instanceof Attempt run) {
      attempt = run;
      return plaintext ? refusePlaintext() : Next.RUN;
    }
    if (action instanceof Wait wait) {
      waiting = wait;
      return Next.WAIT;
    }
    rejection = action instanceof Rejection refusal ? refusal : timeout(action);
    closes = x.facts().closeConnection;
    end(End.ABORTED);
    return Next.ANSWER;
  }

  /** The mode may have changed under an open connection; no layer may overlook that. */
  private Next refusePlaintext() {
    rejection = PLAINTEXT;
    closes = true;
    end(End.ABORTED);
    return Next.ANSWER;
  }

  private static Rejection timeout(Action action) {
    String why = action instanceof Failed failed ? failed.kind().name() : "no answer";
    return Rejection.of(504, 4, "UT", "SELV-6504", "upstream request timeout", why);
  }

  private Next failed(Throwable bug) {
    waiting = null;
    report("deciding a request: " + bug);
    if (strict) {
      rejection = BROKEN;
      return Next.ANSWER;
    }
    return Next.RUN;
  }

  /** The same for servers whose thread may block: waits itself, so never answers {@code WAIT}. */
  public Next beginBlocking() {
    Next next = begin();
    while (next == Next.WAIT) {
      try {
        sleep();
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        return interrupted();
      }
      next = resume();
    }
    return next;
  }

  private void sleep() throws InterruptedException {
    long nanos = waitNanos();
    CompletionStage<?> event = waitsFor();
    if (event == null) {
      TimeUnit.NANOSECONDS.sleep(nanos);
      return;
    }
    try {
      event.toCompletableFuture().get(nanos, TimeUnit.NANOSECONDS);
    } catch (TimeoutException | ExecutionException | CompletionException over) {
      return; // the layer that waits is asked again and sees for itself
    }
  }

  private synchronized Next interrupted() {
    waiting = null;
    rejection = BROKEN;
    end(End.ABORTED);
    return Next.ANSWER;
  }

  /** How long to wait at most, in nanoseconds; at least 1. */
  public synchronized long waitNanos() {
    Exchange x = exchange;
    Wait wait = waiting;
    if (x == null || wait == null) {
      return 1;
    }
    long until = Math.min(x.wakeAtNanos(), wait.untilNanos());
    return until == Long.MAX_VALUE ? Long.MAX_VALUE : Math.max(1, until - clock.nanos());
  }

  /** Completes when waiting is over earlier; null = nothing does. */
  public synchronized @Nullable CompletionStage<?> waitsFor() {
    return waiting == null ? null : waiting.on();
  }

  /** What to answer; after {@link Next#ANSWER} only. */
  public synchronized Rejection rejection() {
    return rejection == null ? BROKEN : rejection;
  }

  /** Whether the connection must not carry another request after this answer. */
  public synchronized boolean closes() {
    return closes;
  }

  /** What the application's threads are to carry. */
  public synchronized MeshContext context() {
    return exchange == null ? MeshContext.NONE : exchange.facts().context;
  }

  /** Response headers are about to go out; the layers' changes are in the head afterwards. Once. */
  public synchronized void responded(ResponseHead head) {
    Exchange x = exchange;
    Attempt run = attempt;
    if (x != null && run != null && !answered && !ended) {
      answered = true;
      try {
        x.onOutcome(run, new Responded(head));
      } catch (RuntimeException | LinkageError bug) {
        report("seeing an answer: " + bug);
      }
    }
  }

  /** Whether response headers have gone out. */
  public synchronized boolean hasResponded() {
    return answered;
  }

  /**
   * The exchange is over: last byte through, connection lost, or dropped. Twice is harmless.
   *
   * @param grpcStatus from the trailers; -1 when unknown or not gRPC
   * @param requestBytes of the body; -1 when unknown
   * @param responseBytes of the body; -1 when unknown
   */
  public void end(boolean complete, int grpcStatus, long requestBytes, long responseBytes) {
    end(new End(complete, grpcStatus, requestBytes, responseBytes));
  }

  private synchronized void end(End how) {
    Exchange x = exchange;
    if (x == null || ended) {
      return;
    }
    ended = true;
    try {
      if (attempt != null && !answered) {
        x.onOutcome(attempt, new Failed(Failed.Kind.LOCAL, null));
      }
      x.end(how);
    } catch (RuntimeException | LinkageError bug) {
      report("ending a request: " + bug);
    }
  }
}
