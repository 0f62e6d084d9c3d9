package io.selvage.instrumentation.netty.server;

import io.selvage.instrumentation.testing.server.SampleLogic;
import io.selvage.instrumentation.testing.server.SampleServer;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.util.concurrent.TimeUnit;

/** An application on Vert.x that knows of no mesh. */
final class VertxSample implements SampleServer {
  private final Vertx vertx = Vertx.vertx();
  private final HttpServer server;

  VertxSample() throws Exception {
    server =
        vertx
            .createHttpServer()
            .requestHandler(this::handle)
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .get(20, TimeUnit.SECONDS);
  }

  private void handle(HttpServerRequest request) {
    request.response().putHeader("x-secret", "1");
    if (SampleLogic.isAdmin(decoded(request.path()))) {
      request.response().end(Buffer.buffer(SampleLogic.admin()));
      return;
    }
    byte[] early = answer(request, new byte[0]);
    Buffer body = Buffer.buffer();
    request.handler(body::appendBuffer);
    request.endHandler(
        end -> {
          byte[] bytes = body.length() == 0 ? early : answer(request, body.getBytes());
          if (request.uri().startsWith("/async")) {
            vertx.setTimer(100, timer -> request.response().end(Buffer.buffer(bytes)));
          } else {
            request.response().end(Buffer.buffer(bytes));
          }
        });
  }

  private static String decoded(String path) {
    try {
      return java.net.URLDecoder.decode(
          path.replace("+", "%2B"), java.nio.charset.StandardCharsets.UTF_8);
    } catch (IllegalArgumentException malformed) {
      return path;
    }
  }

  private static byte[] answer(HttpServerRequest request, byte[] posted) {
    return SampleLogic.answer(
        request.uri(),
        name -> request.getHeader(name),
        posted,
        "scheme=" + request.scheme() + " secure=" + request.isSSL());
  }

  @Override
  public int port() {
    return server.actualPort();
  }

  @Override
  public void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }
}
