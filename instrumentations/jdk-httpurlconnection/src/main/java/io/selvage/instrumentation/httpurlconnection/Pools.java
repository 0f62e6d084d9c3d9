package io.selvage.instrumentation.httpurlconnection;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.model.Endpoint;
import io.selvage.extension.Attachments;
import io.selvage.extension.ConnectionLanes;
import io.selvage.extension.Intent;
import io.selvage.extension.Mesh;
import io.selvage.extension.MeshRuntime;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * Which pooled client belongs to which (endpoint, epoch, TLS intent). The JDK's cache compares its
 * extra key by identity, so equal keys are made one object here.
 *
 * <p>The state is the JVM's, as the JDK's cache is: the classes that use it belong to the boot
 * loader, so this class exists once. Clients are held weakly. Any thread.
 */
final class Pools {
  private static final int MAX_KEYS = 4096;
  private static final ConcurrentMap<Object, Object> KEYS = new ConcurrentHashMap<>();
  private static final Attachments<Object> CLIENTS = new Attachments<>();

  private Pools() {}

  /** The key of the attempt that this thread carries out; null when it goes nowhere special. */
  static @Nullable Object keyOfThread() {
    Attempt attempt = Intent.attemptOfThread();
    Endpoint endpoint = attempt == null ? null : attempt.endpoint();
    MeshRuntime mesh = Mesh.runtime();
    if (attempt == null || endpoint == null || mesh == null) {
      return null;
    }
    if (KEYS.size() > MAX_KEYS) {
      KEYS.clear();
    }
    Object key = ConnectionLanes.keyOf(mesh, attempt, endpoint, attempt.tls());
    Object first = KEYS.putIfAbsent(key, key);
    return first == null ? key : first;
  }

  /** Remembers that a client was connected for the attempt of this thread. */
  static void created(Object client) {
    Object key = keyOfThread();
    if (key != null) {
      CLIENTS.put(client, key);
    }
  }

  /** The key that a client was created for; null when for none. */
  static @Nullable Object keyOf(Object client) {
    return CLIENTS.get(client);
  }
}
