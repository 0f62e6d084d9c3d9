package io.selvage.instrumentation.netty.server;

import io.selvage.instrumentation.testing.server.SampleLogic;
import io.selvage.instrumentation.testing.server.SampleServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.UnaryOperator;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/** An application on Reactor Netty that knows of no mesh. */
final class ReactorNettySample implements SampleServer {
  private final Path file;
  private final DisposableServer server;

  ReactorNettySample() throws IOException {
    this(server -> server.protocol(HttpProtocol.HTTP11, HttpProtocol.H2C));
  }

  ReactorNettySample(UnaryOperator<HttpServer> protocol) throws IOException {
    file = Files.createTempFile("large", ".bin");
    Files.write(file, SampleLogic.large());
    server =
        protocol
            .apply(HttpServer.create().host("127.0.0.1").port(0))
            .httpRequestDecoder(spec -> spec.h2cMaxContentLength(64 * 1024))
            .handle(this::handle)
            .bindNow();
  }

  private Publisher<Void> handle(HttpServerRequest request, HttpServerResponse response) {
    response.header("x-secret", "1");
    if (request.uri().startsWith("/file")) {
      return response.sendFile(file);
    }
    if (SampleLogic.isAdmin(request.fullPath())) {
      return response.sendByteArray(Mono.just(SampleLogic.admin())).then();
    }
    // read on the request's thread, answered when the body is there
    byte[] early = answer(request, new byte[0]);
    return request
        .receive()
        .aggregate()
        .asByteArray()
        .defaultIfEmpty(new byte[0])
        .map(posted -> posted.length == 0 ? early : answer(request, posted))
        .flatMap(
            bytes ->
                request.uri().startsWith("/async")
                    ? Mono.delay(Duration.ofMillis(100)).thenReturn(bytes)
                    : Mono.just(bytes))
        .flatMap(bytes -> response.sendByteArray(Mono.just(bytes)).then());
  }

  private static byte[] answer(HttpServerRequest request, byte[] posted) {
    return SampleLogic.answer(
        request.uri(),
        name -> request.requestHeaders().get(name),
        posted,
        "scheme=" + request.scheme());
  }

  @Override
  public int port() {
    return server.port();
  }

  @Override
  public void close() throws Exception {
    server.disposeNow();
    Files.deleteIfExists(file);
  }
}
