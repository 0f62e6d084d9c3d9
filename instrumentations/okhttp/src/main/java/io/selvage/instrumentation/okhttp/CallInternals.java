package io.selvage.instrumentation.okhttp;

import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.net.Socket;
import okhttp3.Call;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * What some versions of the library have and others lack, found by name: a body that says it is
 * one-shot (3.14), a call that keeps its connection between attempts (4.5), an exchange that can be
 * cancelled alone (4.5). One per client, any thread.
 */
final class CallInternals {
  private static final MethodHandles.Lookup LOOKUP = MethodHandles.publicLookup();

  /** Resolved once; the handles of a version never change. */
  private static final @Nullable MethodHandle ONE_SHOT = method(RequestBody.class, "isOneShot");

  private static final @Nullable MethodHandle DUPLEX = method(RequestBody.class, "isDuplex");
  private static final @Nullable MethodHandle EXCHANGE_OF_RESPONSE =
      method(Response.class, "exchange");

  private volatile @Nullable Handles handles;

  private record Handles(
      Class<?> type,
      @Nullable MethodHandle connection,
      @Nullable MethodHandle release,
      @Nullable MethodHandle exchange) {}

  /** How the body can be written; before 3.14 a body of unknown length is taken for one-shot. */
  CallHead.Bodies kindOf(@Nullable RequestBody body) throws IOException {
    if (body == null) {
      return CallHead.Bodies.REPEATABLE;
    }
    if (ONE_SHOT == null || DUPLEX == null) {
      return body.contentLength() >= 0 ? CallHead.Bodies.REPEATABLE : CallHead.Bodies.ONE_SHOT;
    }
    if (Boolean.TRUE.equals(invoke(DUPLEX, body))) {
      return CallHead.Bodies.DUPLEX;
    }
    return Boolean.TRUE.equals(invoke(ONE_SHOT, body))
        ? CallHead.Bodies.ONE_SHOT
        : CallHead.Bodies.REPEATABLE;
  }

  /** Whether attempts of this call can be cancelled alone. */
  boolean canCancelAttempts(Call call) {
    return of(call).exchange() != null;
  }

  /** The library's exchange of this call, if it has one now. */
  @Nullable Object exchange(Call call) {
    return invoke(of(call).exchange(), call);
  }

  /** The library's exchange behind a response. */
  @Nullable Object exchange(Response response) {
    return invoke(EXCHANGE_OF_RESPONSE, response);
  }

  /** Resets the stream, or closes the connection of HTTP/1. */
  void cancel(Object exchange) {
    invoke(method(exchange.getClass(), "cancel"), exchange);
  }

  /**
   * Gives the call's connection back to the pool, so that the next attempt does not stick to it.
   */
  void releaseConnection(Call call) {
    Handles known = of(call);
    Object connection = invoke(known.connection(), call);
    if (connection == null || known.release() == null) {
      return;
    }
    Object unused;
    synchronized (connection) {
      unused = invoke(known.release(), call);
    }
    if (unused instanceof Socket socket) {
      try {
        socket.close();
      } catch (IOException closed) {
        return; // it is closed, which is all we want
      }
    }
  }

  private Handles of(Call call) {
    Handles known = handles;
    if (known == null || known.type() != call.getClass()) {
      Class<?> type = call.getClass();
      known =
          new Handles(
              type,
              method(type, "getConnection"),
              method(type, "releaseConnectionNoEvents$okhttp"),
              method(type, "getInterceptorScopedExchange$okhttp"));
      handles = known;
    }
    return known;
  }

  private static @Nullable MethodHandle method(Class<?> type, String name) {
    try {
      Method method = type.getMethod(name);
      return LOOKUP.unreflect(method).asType(MethodType.methodType(Object.class, Object.class));
    } catch (NoSuchMethodException | IllegalAccessException absent) {
      return null;
    }
  }

  private static @Nullable Object invoke(@Nullable MethodHandle handle, Object target) {
    if (handle == null) {
      return null;
    }
    try {
      return (Object) handle.invokeExact(target);
    } catch (RuntimeException | Error unchecked) {
      throw unchecked;
    } catch (Throwable checked) {
      throw new IllegalStateException(checked);
    }
  }
}
