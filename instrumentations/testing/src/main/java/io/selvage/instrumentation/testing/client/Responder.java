package io.selvage.instrumentation.testing.client;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;

/**
 * What an upstream server does with a request; called on its event loop after the request's last
 * byte, must not block.
 */
@FunctionalInterface
public interface Responder {
  void answer(Received request, Reply reply);

  /** How to answer. All methods on any thread. */
  interface Reply {
    /** Status line and headers; a body of unknown length follows by {@link #chunk}. */
    void head(int status, Map<String, String> headers);

    void chunk(byte[] bytes);

    /** The last byte. */
    void finish();

    /** Cuts the connection (HTTP/1.1) or resets the stream (HTTP/2). */
    void reset();

    /** Later, on the event loop. */
    void after(Duration delay, Runnable task);

    /** A whole answer with a content length. */
    void whole(int status, Map<String, String> headers, byte[] body);

    /** Whether the other side has gone. */
    boolean gone();

    default void text(int status, String body) {
      whole(status, Map.of("content-type", "text/plain"), body.getBytes(StandardCharsets.UTF_8));
    }
  }

  /** Always this status with a short text. */
  static Responder status(int status) {
    return (request, reply) -> reply.text(status, "status " + status);
  }

  /** 200 with the name of the server. */
  static Responder named(String name) {
    return (request, reply) -> reply.text(200, name);
  }
}
