package io.selvage.instrumentation.okhttp;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.flow.Transport;
import io.selvage.engine.model.Endpoint;
import io.selvage.extension.Failures;
import io.selvage.extension.Intent;
import io.selvage.extension.MeshRuntime;
import io.selvage.extension.ShadowThreads;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import okhttp3.Call;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.ResponseBody;
import org.jspecify.annotations.Nullable;

/**
 * An attempt as a call of its own, on a thread that is not the application's: the copy of a
 * mirrored request, or one of several that a hedged request has under way, as the library cannot
 * send twice in one call.
 */
final class BesideCall implements Transport {
  /** Answers are read up to here, so that their connection can be used again. */
  private static final long DISCARD_BYTES = 64 * 1024;

  /** The library tells nobody of a cancelled call, so it is asked this often. */
  private static final long ASK_MILLIS = 50;

  private final MeshRuntime mesh;
  private final OkHttpClient client;
  private final @Nullable Call application;

  /**
   * @param application whose cancelling cancels this one; null = nobody's
   */
  BesideCall(MeshRuntime mesh, OkHttpClient client, @Nullable Call application) {
    this.mesh = mesh;
    this.client = client;
    this.application = application;
  }

  static void mirror(MeshRuntime mesh, OkHttpClient client, Exchange copy) {
    BesideCall call = new BesideCall(mesh, client, null);
    ShadowThreads.send(copy, () -> call.run(copy));
  }

  private void run(Exchange copy) {
    try {
      discard(mesh.blocking().run(copy, this));
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public Outcome send(Attempt attempt) {
    Request request = ((CallHead) attempt.exchange().head()).applied(attempt);
    Call call = client.newCall(request);
    attempt.onAbort(call::cancel);
    follow(attempt.exchange(), call);
    Endpoint endpoint = attempt.endpoint();
    AttemptSockets sockets = new AttemptSockets();
    try (Intent intent = Intent.of(attempt, endpoint != null)) {
      if (endpoint == null) {
        return responded(call.execute());
      }
      try (OneAttempt one = OneAttempt.enter(mesh, attempt, endpoint, sockets)) {
        return responded(call.execute());
      }
    } catch (IOException | RuntimeException thrown) {
      return failed(attempt, call, sockets, thrown);
    }
  }

  private static Outcome failed(
      Attempt attempt, Call call, AttemptSockets sockets, Exception thrown) {
    if (call.isCanceled()) {
      return new Failed(Failed.Kind.CANCELLED, thrown);
    }
    Failed failed = Failures.of(attempt, thrown);
    return failed.kind() == Failed.Kind.RESET && sockets.neverConnected()
        ? new Failed(Failed.Kind.CONNECT, thrown)
        : failed;
  }

  private void follow(Exchange exchange, Call call) {
    Call asked = application;
    if (asked == null || call.isCanceled()) {
      return;
    }
    if (asked.isCanceled()) {
      call.cancel();
    } else if (!exchange.isEnded()) {
      CompletableFuture.delayedExecutor(ASK_MILLIS, TimeUnit.MILLISECONDS)
          .execute(() -> follow(exchange, call));
    }
  }

  /** Completes when the call is cancelled; nobody asks any more once it is done or dropped. */
  static CompletableFuture<Void> cancelled(Call call) {
    CompletableFuture<Void> given = new CompletableFuture<>();
    ask(call, new WeakReference<>(given));
    return given;
  }

  private static void ask(Call call, WeakReference<CompletableFuture<Void>> stage) {
    CompletableFuture<Void> given = stage.get();
    if (given == null || given.isDone()) {
      return;
    }
    if (call.isCanceled()) {
      given.complete(null);
    } else {
      CompletableFuture.delayedExecutor(ASK_MILLIS, TimeUnit.MILLISECONDS)
          .execute(() -> ask(call, stage));
    }
  }

  private static Responded responded(Response response) {
    return new Responded(new CallResponseHead(response));
  }

  @Override
  public void discard(Outcome outcome) {
    if (outcome instanceof Responded responded
        && responded.head() instanceof CallResponseHead head) {
      try (Response response = head.response()) {
        ResponseBody body = response.body();
        if (body != null) {
          body.source().request(DISCARD_BYTES);
        }
      } catch (IOException | RuntimeException broken) {
        // nobody wants it
      }
    }
  }
}
