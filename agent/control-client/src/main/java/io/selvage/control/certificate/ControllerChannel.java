package io.selvage.control.certificate;

import io.grpc.ManagedChannel;
import io.grpc.okhttp.OkHttpChannelBuilder;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;

/**
 * Channels to a controller: TLS by the given context, whose trust manager judges the peer; own
 * daemon threads.
 */
public final class ControllerChannel {
  private static final int MAX_MESSAGE_BYTES = 16 << 20;
  private static final String[] CIPHERS = {
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"
  };

  private ControllerChannel() {}

  /**
   * Opens a channel; connecting begins with the first call.
   *
   * @param address {@code host:port}
   * @param context trusts controllers, and nobody else
   * @param threads run everything of the channel; see {@link #threads}
   */
  public static ManagedChannel open(String address, SSLContext context, ExecutorService threads) {
    int colon = address.lastIndexOf(':');
    return OkHttpChannelBuilder.forAddress(
            address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)))
        .sslSocketFactory(context.getSocketFactory())
        .tlsConnectionSpec(new String[] {"TLSv1.3", "TLSv1.2"}, CIPHERS)
        // the trust manager has checked the SPIFFE id, which says more than a host name
        .hostnameVerifier((host, session) -> true)
        .overrideAuthority("selvage-controller")
        .executor(threads)
        // names are looked up there: on gRPC's own threads the mesh's names would answer
        .offloadExecutor(threads)
        .transportExecutor(threads)
        // an application's proxy settings are not for the mesh's own connections
        .proxyDetector(target -> null)
        .keepAliveTime(10, TimeUnit.SECONDS)
        .keepAliveTimeout(5, TimeUnit.SECONDS)
        .maxInboundMessageSize(MAX_MESSAGE_BYTES)
        .disableRetry()
        .build();
  }

  /**
   * Daemon threads named {@code selvage-control-N}, made on demand and given up after 30 s.
   *
   * @param unmeshed wraps what a thread runs, so that the agent's own connections are left alone
   */
  public static ExecutorService threads(UnaryOperator<Runnable> unmeshed) {
    AtomicInteger number = new AtomicInteger();
    ExecutorService pool =
        Executors.newCachedThreadPool(
            work -> {
              Thread thread =
                  new Thread(unmeshed.apply(work), "selvage-control-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    ((java.util.concurrent.ThreadPoolExecutor) pool).setKeepAliveTime(30, TimeUnit.SECONDS);
    return pool;
  }
}
