package io.selvage.extension;

import java.net.InetAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Names of the mesh that no DNS need know. */
public interface Names {
  /**
   * Virtual addresses labelled with the name; null when the name is not the mesh's. Case and a
   * trailing dot do not matter.
   */
  @Nullable List<InetAddress> resolve(String host);

  /** The name behind a virtual address; null when it is none. */
  @Nullable String nameOf(InetAddress address);
}
