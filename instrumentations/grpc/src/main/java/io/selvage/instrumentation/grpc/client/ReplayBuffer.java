package io.selvage.instrumentation.grpc.client;

import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.selvage.engine.flow.BodyReplay;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The messages of a call for further attempts: bounded once an attempt has a connection, kept by
 * reference as the library itself does. Guarded by its call's lock.
 */
final class ReplayBuffer<Q> {
  /** Of one call; {@code mesh.retry.buffer-bytes} in the design. */
  static final int LIMIT_BYTES = 64 * 1024;

  private final MethodDescriptor<Q, ?> method;
  private final List<Q> messages = new ArrayList<>(1);
  private long bytes;
  private boolean dropped;

  ReplayBuffer(MethodDescriptor<Q, ?> method) {
    this.method = method;
  }

  void add(Q message) {
    if (!dropped) {
      messages.add(message);
      bytes += size(message);
    }
  }

  /** A message whose size nobody knows is taken to be too large. */
  private long size(Q message) {
    try (InputStream stream = method.streamRequest(message)) {
      return stream instanceof KnownLength ? stream.available() : LIMIT_BYTES + 1L;
    } catch (IOException | RuntimeException unreadable) {
      return LIMIT_BYTES + 1L;
    }
  }

  /** The messages are on their way: keeps them only within the limit. */
  void bound() {
    if (bytes > LIMIT_BYTES) {
      drop();
    }
  }

  /** Nothing will be replayed any more. */
  void drop() {
    dropped = true;
    messages.clear();
  }

  BodyReplay replay() {
    return dropped || bytes > LIMIT_BYTES ? BodyReplay.ONE_SHOT : BodyReplay.REPEATABLE;
  }

  /** All messages so far; null when they were too many to be kept. */
  @Nullable List<Q> whole() {
    return replay() == BodyReplay.ONE_SHOT ? null : List.copyOf(messages);
  }

  boolean isEmpty() {
    return messages.isEmpty();
  }

  void replayTo(Consumer<Q> call) {
    messages.forEach(call);
  }
}
