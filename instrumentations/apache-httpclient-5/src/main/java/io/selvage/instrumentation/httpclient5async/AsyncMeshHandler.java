package io.selvage.instrumentation.httpclient5async;

import io.selvage.engine.flow.AsyncDriver;
import io.selvage.engine.flow.Exchange;
import io.selvage.extension.Mesh;
import io.selvage.extension.MeshRuntime;
import java.io.IOException;
import org.apache.hc.client5.http.HttpRoute;
import org.apache.hc.client5.http.async.AsyncExecCallback;
import org.apache.hc.client5.http.async.AsyncExecChain;
import org.apache.hc.client5.http.async.AsyncExecChainHandler;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.HttpRequest;
import org.apache.hc.core5.http.nio.AsyncEntityProducer;
import org.jspecify.annotations.Nullable;

/** Sends each request as the mesh says; one per client, any thread. */
final class AsyncMeshHandler implements AsyncExecChainHandler {
  private final boolean multiplexed;

  /**
   * @param multiplexed whether requests of this client share connections
   */
  AsyncMeshHandler(boolean multiplexed) {
    this.multiplexed = multiplexed;
  }

  @Override
  public void execute(
      HttpRequest request,
      @Nullable AsyncEntityProducer body,
      AsyncExecChain.Scope scope,
      AsyncExecChain chain,
      AsyncExecCallback application)
      throws HttpException, IOException {
    MeshRuntime mesh = Mesh.runtime();
    if (mesh == null || !isMeshable(request, scope.route)) {
      chain.proceed(request, body, scope, application);
      return;
    }
    AsyncRequest head =
        new AsyncRequest(
            request,
            scope.route.getTargetHost(),
            body == null ? null : new RequestBody(body),
            multiplexed);
    Exchange exchange = exchange(mesh, head, scope.route.getTargetHost());
    if (exchange == null) {
      chain.proceed(request, body, scope, application);
      return;
    }
    AsyncAttempts attempts = new AsyncAttempts(mesh, head, scope, chain, application, multiplexed);
    AsyncDriver driver = mesh.async(exchange, attempts, attempts::settled);
    attempts.drivenBy(driver);
    scope.cancellableDependency.setDependency(attempts::cancel);
    driver.start();
  }

  /** TLS of the application's own and requests to proxies are left alone. */
  private static boolean isMeshable(HttpRequest request, HttpRoute route) {
    return !route.isSecure()
        && route.getProxyHost() == null
        && !"CONNECT".equalsIgnoreCase(request.getMethod());
  }

  /** Null when the mesh stands aside or cannot answer. */
  private static @Nullable Exchange exchange(MeshRuntime mesh, AsyncRequest head, HttpHost target) {
    try {
      int port = target.getPort() < 0 ? 80 : target.getPort();
      return mesh.outbound(head, target.getHostName(), port);
    } catch (RuntimeException broken) {
      mesh.report(
          "SELV-6090",
          "apache-httpclient-5-async: the request goes on without the mesh: " + broken);
      return null;
    }
  }
}
