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
import okhttp3.Call;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.ResponseBody;

/** The copy of a request, as a call of its own on a thread of the mesh's; its answer is dropped. */
final class MirroredCall implements Transport {
  /** Answers are read up to here, so that their connection can be used again. */
  private static final long DISCARD_BYTES = 64 * 1024;

  private final MeshRuntime mesh;
  private final OkHttpClient client;

  private MirroredCall(MeshRuntime mesh, OkHttpClient client) {
    this.mesh = mesh;
    this.client = client;
  }

  static void send(MeshRuntime mesh, OkHttpClient client, Exchange copy) {
    MirroredCall call = new MirroredCall(mesh, client);
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
      return call.isCanceled()
          ? new Failed(Failed.Kind.CANCELLED, thrown)
          : Failures.of(attempt, thrown);
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
