package io.selvage.instrumentation.httpclient5;

import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Outcome;
import io.selvage.extension.KeptBody;
import io.selvage.extension.Mesh;
import io.selvage.extension.MeshRuntime;
import java.io.IOException;
import java.io.InterruptedIOException;
import org.apache.hc.client5.http.HttpRoute;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.classic.ExecChainHandler;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpHost;
import org.jspecify.annotations.Nullable;

/** Sends each request as the mesh says; one per client, any thread. */
final class MeshExecHandler implements ExecChainHandler {
  private final EndpointRoutes routes = new EndpointRoutes();

  @Override
  public ClassicHttpResponse execute(
      ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
      throws IOException, HttpException {
    MeshRuntime mesh = Mesh.runtime();
    Exchange exchange =
        mesh == null || !isMeshable(request, scope.route)
            ? null
            : exchange(mesh, request, scope.route);
    if (mesh == null || exchange == null) {
      return chain.proceed(request, scope);
    }
    ClassicAttempts attempts = new ClassicAttempts(mesh, routes, request, scope, chain);
    KeptBody kept = ((ClassicRequestHead) exchange.head()).kept();
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

  /** TLS of the application's own and requests to proxies are left alone. */
  private static boolean isMeshable(ClassicHttpRequest request, HttpRoute route) {
    return !route.isSecure()
        && route.getProxyHost() == null
        && !"CONNECT".equalsIgnoreCase(request.getMethod());
  }

  /** Null when the mesh stands aside or cannot answer. */
  private static @Nullable Exchange exchange(
      MeshRuntime mesh, ClassicHttpRequest request, HttpRoute route) {
    try {
      HttpHost target = route.getTargetHost();
      int port = target.getPort() < 0 ? 80 : target.getPort();
      return mesh.outbound(new ClassicRequestHead(request, target), target.getHostName(), port);
    } catch (RuntimeException broken) {
      mesh.report(
          "SELV-6090", "apache-httpclient-5: the request goes on without the mesh: " + broken);
      return null;
    }
  }
}
