package io.selvage.controller.serve;

import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.selvage.controller.ca.CodedException;
import io.selvage.controller.ca.MeshTrust;
import io.selvage.controller.ca.OwnIdentity;
import io.selvage.controller.ca.PeerCertificate;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The TLS listener for configuration and certificates: 1.3, 1.2 allowed, client certificate
 * optional.
 */
final class ControlPort implements AutoCloseable {
  private static final int MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
  private static final int MAX_METADATA_BYTES = 16 * 1024;
  private static final int MAX_CALLS = 100;
  private static final int THREADS = 8;
  private final Server server;
  private final ExecutorService executor;

  private ControlPort(Server server, ExecutorService executor) {
    this.server = server;
    this.executor = executor;
  }

  /**
   * Opens the port.
   *
   * @throws CodedException SELV-7330 where it cannot be bound
   */
  static ControlPort open(
      InetSocketAddress address,
      OwnIdentity identity,
      MeshTrust trust,
      List<BindableService> services) {
    ExecutorService executor = executor();
    try {
      NettyServerBuilder builder =
          NettyServerBuilder.forAddress(address)
              .sslContext(tls(identity, trust))
              .executor(executor)
              .intercept(new PeerCertificate())
              .handshakeTimeout(10, TimeUnit.SECONDS)
              .keepAliveTime(30, TimeUnit.SECONDS)
              .keepAliveTimeout(10, TimeUnit.SECONDS)
              .permitKeepAliveTime(5, TimeUnit.SECONDS)
              .permitKeepAliveWithoutCalls(true)
              .maxInboundMessageSize(MAX_MESSAGE_BYTES)
              .maxInboundMetadataSize(MAX_METADATA_BYTES)
              .maxConcurrentCallsPerConnection(MAX_CALLS);
      services.forEach(builder::addService);
      return new ControlPort(builder.build().start(), executor);
    } catch (IOException e) {
      executor.shutdownNow();
      throw new CodedException(
          "SELV-7330",
          "the control port "
              + address
              + " cannot be opened; "
              + e.getMessage()
              + ". Fix: stop what holds it or choose another.",
          e);
    }
  }

  private static SslContext tls(OwnIdentity identity, MeshTrust trust) throws IOException {
    return GrpcSslContexts.configure(
            SslContextBuilder.forServer(identity)
                .trustManager(trust)
                .clientAuth(ClientAuth.OPTIONAL)
                .protocols("TLSv1.3", "TLSv1.2")
                // a resumed session would outlive a change of the trust bundle
                .sessionTimeout(1)
                .sessionCacheSize(1),
            SslProvider.JDK)
        .build();
  }

  private static ExecutorService executor() {
    AtomicInteger number = new AtomicInteger();
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            30,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, "selvage-xds-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  int port() {
    return server.getPort();
  }

  @Override
  public void close() {
    server.shutdownNow();
    try {
      server.awaitTermination(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    executor.shutdownNow();
  }
}
