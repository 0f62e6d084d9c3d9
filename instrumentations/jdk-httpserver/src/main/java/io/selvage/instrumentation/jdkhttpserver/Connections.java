package io.selvage.instrumentation.jdkhttpserver;

import io.selvage.extension.Mesh;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Open connections of the JDK's servers, by channel and by addresses. Any thread. */
final class Connections {
  private static final Map<SocketChannel, MeshChannel> BY_CHANNEL = new ConcurrentHashMap<>();
  private static final Map<Ends, MeshChannel> BY_ENDS = new ConcurrentHashMap<>();

  /** What an exchange can tell of its connection. */
  private record Ends(InetSocketAddress local, InetSocketAddress remote) {}

  private Connections() {}

  /** The one channel over the server's; that itself before the mesh has started. */
  static SocketChannel over(SocketChannel channel) throws IOException {
    if (channel instanceof MeshChannel || Mesh.runtime() == null) {
      return channel;
    }
    MeshChannel known = BY_CHANNEL.get(channel);
    if (known == null) {
      known = new MeshChannel(channel);
      BY_CHANNEL.put(channel, known);
      BY_ENDS.put(ends(channel), known);
    }
    return known;
  }

  /** Null when the application speaks TLS itself, or the connection is older than the mesh. */
  static @Nullable MeshChannel of(InetSocketAddress local, InetSocketAddress remote) {
    return BY_ENDS.get(new Ends(local, remote));
  }

  static void closed(SocketChannel channel, MeshChannel over) {
    BY_CHANNEL.remove(channel);
    BY_ENDS.values().remove(over);
  }

  private static Ends ends(SocketChannel channel) throws IOException {
    return new Ends(
        (InetSocketAddress) channel.getLocalAddress(),
        (InetSocketAddress) channel.getRemoteAddress());
  }
}
