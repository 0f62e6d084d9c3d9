package io.selvage.instrumentation.netty.client;

import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelOption;
import io.selvage.engine.model.ConnectionLimits.TcpKeepalive;
import io.selvage.extension.TcpProbes;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Probes of idle TCP connections, by the options that a channel's transport has. Stateless. */
final class Probes {
  private Probes() {}

  static void set(Channel channel, @Nullable TcpKeepalive wanted) {
    if (wanted == null) {
      return;
    }
    ChannelConfig config = channel.config();
    config.setOption(ChannelOption.SO_KEEPALIVE, true);
    // copied, as the transports' sets are made anew with each call or must not be changed meanwhile
    for (ChannelOption<?> option : Set.copyOf(config.getOptions().keySet())) {
      int value = valueOf(option.name(), wanted);
      if (value > 0) {
        set(config, option, value);
      }
    }
  }

  /** The JDK, epoll and the macOS transport spell them differently. */
  private static int valueOf(String option, TcpKeepalive wanted) {
    String name = option.substring(option.lastIndexOf('#') + 1);
    return switch (name) {
      case "TCP_KEEPIDLE" -> TcpProbes.timeSeconds(wanted);
      case "TCP_KEEPINTVL", "TCP_KEEPINTERVAL" -> TcpProbes.intervalSeconds(wanted);
      case "TCP_KEEPCNT", "TCP_KEEPCOUNT" -> wanted.probes();
      default -> 0;
    };
  }

  @SuppressWarnings("unchecked")
  private static void set(ChannelConfig config, ChannelOption<?> option, int value) {
    try {
      config.setOption((ChannelOption<Integer>) option, value);
    } catch (RuntimeException closed) {
      // the connection fails by itself
    }
  }
}
