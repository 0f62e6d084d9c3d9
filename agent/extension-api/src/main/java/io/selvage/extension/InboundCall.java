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
 * port that is STRICT or has rules refuses and any other lets the application run. A plaintext
 * request to a STRICT port is refused here, so that a change of the mode reaches open connections.
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
          403,
          7,
          "UAEX",
          "SELV-5901",
          "RBAC: access denied",
          "the mesh failed on a port that is STRICT or has rules");

  private final @Nullable Exchange exchange;
  private final Clock clock;
  private final boolean failsClosed;
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

  private InboundCall(
      @Nullable Exchange exchange, Clock clock, boolean failsClosed, boolean plaintext) {
    this.exchange = exchange;
    this.clock = clock;
    this.failsClosed = failsClosed;
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
    boolean closed = true;
    try {
      PortPolicy policy = mesh.port(peer.localPort());
      closed = policy.failsClosed();
      Exchange exchange = mesh.inbound(head, peer);
      if (exchange == null) {
        return policy.strict() && !peer.tls() ? refused(PLAINTEXT, true) : null;
      }
      boolean plaintext = policy.refusesPlaintext() && !peer.tls();
      return new InboundCall(exchange, () -> mesh.clock().nanos(), closed, plaintext);
    } catch (RuntimeException | Error bug) {
      report("taking a request in: " + bug);
      return closed ? refused(BROKEN, false) : null;
    }
  }

  /** The other end of a connection whose bytes the mesh did not wrap. */
  public static Peer plaintext(
      String remoteAddress, int remotePort, String localAddress, int localPort) {
    return new Peer(remoteAddress, remotePort, localAddress, localPort, false, null, null, null);
  }

  /**
   * A request that a seam could not even describe: refused where the port is STRICT or has rules,
   * else left alone.
   */
  public static @Nullable InboundCall broken(int localPort, Throwable bug) {
    report("reading a request: " + bug);
    return failsClosed(localPort) ? refused(BROKEN, true) : null;
  }

  private static boolean failsClosed(int localPort) {
    MeshRuntime mesh = Mesh.runtime();
    try {
      return mesh != null && mesh.port(localPort).failsClosed();
    } catch (RuntimeException | Error bug) {
      return true;
    }
  }

  /**
   * Whether a connection to the port is the mesh's to look at: there is a mesh, and the port's mode
   * is not DISABLE; an unanswered question counts as yes. Never throws.
   */
  public static boolean isMeshed(int localPort) {
    MeshRuntime mesh = Mesh.runtime();
    try {
      return mesh != null && !mesh.port(localPort).disabled();
    } catch (RuntimeException | Error bug) {
      report("asking what port " + localPort + " demands: " + bug);
      return true;
    }
  }

  /**
   * Whether the port takes no plaintext connection now; an unanswered question counts as yes. One
   * that exempts paths does take them.
   */
  public static boolean isStrict(int localPort) {
    MeshRuntime mesh = Mesh.runtime();
    try {
      return mesh != null && mesh.port(localPort).refusesPlaintext();
    } catch (RuntimeException | Error bug) {
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
    try {
      if (mesh != null) {
        mesh.report("SELV-5901", what);
      }
    } catch (RuntimeException | Error bug) {
      return; // whoever reports goes on to refuse
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
    } catch (RuntimeException | Error bug) {
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
    } catch (RuntimeException | Error bug) {
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

  /**
   * The server has found what is to serve the request; for servers that find it after {@link
   * #begin}, before the application runs. Twice is harmless.
   *
   * @param path decoded, as the server understands it
   * @return RUN or ANSWER
   */
  public synchronized Next dispatched(String path) {
    Exchange x = exchange;
    if (x == null || ended || answered) {
      return rejection != null ? Next.ANSWER : Next.RUN;
    }
    try {
      x.head().means(path);
      Rejection refused = x.dispatched();
      if (refused == null) {
        return Next.RUN;
      }
      rejection = refused;
      closes = x.facts().closeConnection;
      end(End.ABORTED);
      return Next.ANSWER;
    } catch (RuntimeException | Error bug) {
      return failed(bug);
    }
  }

  /** A seam failed between {@link #begin} and the application. */
  public synchronized Next failedBeforeRunning(Throwable bug) {
    return failed(bug);
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
    if (failsClosed) {
      rejection = BROKEN;
      end(End.ABORTED);
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
      } catch (RuntimeException | Error bug) {
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
    } catch (RuntimeException | Error bug) {
      report("ending a request: " + bug);
    }
  }
}
