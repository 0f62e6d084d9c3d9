package io.selvage.instrumentation.okhttp;

import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Outcome;
import io.selvage.extension.KeptBody;
import io.selvage.extension.Mesh;
import io.selvage.extension.MeshRuntime;
import java.io.IOException;
import java.io.InterruptedIOException;
import okhttp3.HttpUrl;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/** Sends each call as the mesh says; the last application interceptor of a client, any thread. */
final class MeshInterceptor implements Interceptor {
  private final CallInternals internals = new CallInternals();
  private final BesideClient beside = new BesideClient();

  /** The client that this interceptor has been put into. */
  void belongsTo(OkHttpClient client) {
    beside.derivesFrom(client);
  }

  @Override
  public Response intercept(Chain chain) throws IOException {
    Request request = chain.request();
    MeshRuntime mesh = Mesh.runtime();
    Exchange exchange = mesh == null || request.url().isHttps() ? null : exchange(mesh, request);
    if (mesh == null || exchange == null) {
      return chain.proceed(request);
    }
    CallAttempts attempts = new CallAttempts(mesh, internals, chain, beside);
    KeptBody kept = ((CallHead) exchange.head()).kept();
    try {
      Outcome outcome = mesh.blocking().run(exchange, attempts);
      return attempts.answer(exchange, outcome);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      InterruptedIOException stopped =
          new InterruptedIOException("interrupted while waiting for the mesh");
      stopped.initCause(interrupted);
      throw stopped;
    } finally {
      if (kept != null) {
        kept.release();
      }
    }
  }

  /** Null when the mesh stands aside or cannot answer. */
  private @Nullable Exchange exchange(MeshRuntime mesh, Request request) {
    try {
      HttpUrl url = request.url();
      CallHead head = new CallHead(request, internals.kindOf(request.body()));
      return mesh.outbound(head, url.host(), url.port());
    } catch (RuntimeException | IOException broken) {
      mesh.report("SELV-6090", "okhttp: the request goes on without the mesh: " + broken);
      return null;
    }
  }
}
