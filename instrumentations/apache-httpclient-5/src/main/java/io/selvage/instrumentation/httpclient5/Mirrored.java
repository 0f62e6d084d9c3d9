package io.selvage.instrumentation.httpclient5;

import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Outcome;
import io.selvage.extension.MeshRuntime;
import io.selvage.extension.ShadowThreads;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.core5.http.ClassicHttpRequest;

/**
 * Sends the copy of a request through the same chain and pool, on a thread of the mesh's: with a
 * runtime and a context of its own, so that neither the application's cancelling nor what its
 * context collects has to do with it.
 */
final class Mirrored {
  private Mirrored() {}

  static void send(
      MeshRuntime mesh,
      Exchange copy,
      EndpointRoutes routes,
      ClassicHttpRequest request,
      ExecChain.Scope scope,
      ExecChain chain) {
    HttpClientContext context = HttpClientContext.create();
    context.setRequestConfig(scope.clientContext.getRequestConfig());
    ExecChain.Scope own =
        new ExecChain.Scope(
            scope.exchangeId + "-shadow",
            scope.route,
            scope.originalRequest,
            scope.execRuntime.fork(null),
            context);
    ShadowThreads.send(
        copy, () -> run(mesh, copy, new ClassicAttempts(mesh, routes, request, own, chain)));
  }

  private static void run(MeshRuntime mesh, Exchange copy, ClassicAttempts attempts) {
    try {
      Outcome outcome = mesh.blocking().run(copy, attempts);
      attempts.discard(outcome);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }
}
