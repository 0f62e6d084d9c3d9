package io.selvage.extension;

import io.selvage.engine.model.ConnectionLimits.TcpKeepalive;
import java.io.Closeable;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.NetworkChannel;
import java.time.Duration;
import java.util.Set;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;

/**
 * Probes of idle TCP connections as a cluster asks for them (Envoy {@code tcp_keepalive}; RFC 9293
 * §3.8.4), by the socket options of the JDK: {@code SO_KEEPALIVE} everywhere, time, interval and
 * number where the system has them. Stateless; any thread.
 */
public final class TcpProbes {
  private interface Options {
    Set<SocketOption<?>> supported();

    <T> void set(SocketOption<T> option, T value) throws IOException;
  }

  private TcpProbes() {}

  /** Sets them on a socket or a channel; other objects, and null, are left alone. */
  public static void set(@Nullable Closeable connection, @Nullable TcpKeepalive wanted) {
    if (wanted == null) {
      return;
    }
    if (connection instanceof Socket socket) {
      set(of(socket), wanted);
    } else if (connection instanceof NetworkChannel channel) {
      set(of(channel), wanted);
    }
  }

  /** Seconds before the first probe; 0 = the system's. */
  public static int timeSeconds(TcpKeepalive wanted) {
    return seconds(wanted.time());
  }

  /** Seconds between probes; 0 = the system's. */
  public static int intervalSeconds(TcpKeepalive wanted) {
    return seconds(wanted.interval());
  }

  private static int seconds(@Nullable Duration length) {
    return length == null
        ? 0
        : (int) Math.min(Short.MAX_VALUE, Math.max(length.isZero() ? 0 : 1, length.toSeconds()));
  }

  private static void set(Options options, TcpKeepalive wanted) {
    try {
      options.set(StandardSocketOptions.SO_KEEPALIVE, true);
      set(options, ExtendedSocketOptions.TCP_KEEPIDLE, timeSeconds(wanted));
      set(options, ExtendedSocketOptions.TCP_KEEPINTERVAL, intervalSeconds(wanted));
      set(options, ExtendedSocketOptions.TCP_KEEPCOUNT, wanted.probes());
    } catch (IOException | RuntimeException | LinkageError broken) {
      // a connection that is closed already, or a JDK without jdk.net: the connection goes on
    }
  }

  private static void set(Options options, SocketOption<Integer> option, int value)
      throws IOException {
    if (value > 0 && options.supported().contains(option)) {
      options.set(option, value);
    }
  }

  private static Options of(Socket socket) {
    return new Options() {
      @Override
      public Set<SocketOption<?>> supported() {
        return socket.supportedOptions();
      }

      @Override
      public <T> void set(SocketOption<T> option, T value) throws IOException {
        socket.setOption(option, value);
      }
    };
  }

  private static Options of(NetworkChannel channel) {
    return new Options() {
      @Override
      public Set<SocketOption<?>> supported() {
        return channel.supportedOptions();
      }

      @Override
      public <T> void set(SocketOption<T> option, T value) throws IOException {
        channel.setOption(option, value);
      }
    };
  }
}
