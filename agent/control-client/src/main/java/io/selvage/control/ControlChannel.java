package io.selvage.control;

import io.grpc.ManagedChannel;
import io.grpc.okhttp.OkHttpChannelBuilder;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSocketFactory;

/** gRPC channels to a controller over the OkHttp transport, on the agent's own threads only. */
public final class ControlChannel {
  private static final int MAX_MESSAGE_BYTES = 64 << 20;
  private static final int KEEP_ALIVE_SECONDS = 10;
  private static final int KEEP_ALIVE_TIMEOUT_SECONDS = 5;

  private ControlChannel() {}

  /**
   * A channel that is not connected yet; shut it down after use.
   *
   * @param sockets TLS that verifies the controller by itself; host names are not checked again
   */
  public static ManagedChannel open(
      ControlAddress address, SSLSocketFactory sockets, ControlThreads threads) {
    return OkHttpChannelBuilder.forAddress(address.host(), address.port())
        .sslSocketFactory(sockets)
        .hostnameVerifier((host, session) -> true)
        .executor(threads.transport())
        .offloadExecutor(threads.transport())
        .transportExecutor(threads.transport())
        .scheduledExecutorService(threads.control())
        // an application's proxy settings are not for the mesh's own connections
        .proxyDetector(target -> null)
        .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
        .keepAliveTimeout(KEEP_ALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
        .maxInboundMessageSize(MAX_MESSAGE_BYTES)
        .disableRetry()
        .userAgent("selvage-agent")
        .build();
  }
}
