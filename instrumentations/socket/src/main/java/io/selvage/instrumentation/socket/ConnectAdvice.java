package io.selvage.instrumentation.socket;

import java.net.Socket;
import java.net.SocketAddress;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.implementation.bytecode.assign.Assigner;
import org.jspecify.annotations.Nullable;

/**
 * {@code Socket.connect}: another address on the way in, TLS streams in the socket's own stream
 * fields on the way out. A socket that the mesh has nothing to do with is not touched.
 */
public final class ConnectAdvice {
  private ConnectAdvice() {}

  /**
   * @return null when the mesh stands aside; else address, time-out, a non-null mark when the
   *     library must not connect at all, and the connection
   */
  @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class, skipOnIndex = 2)
  @Advice.AssignReturned.ToArguments({
    @Advice.AssignReturned.ToArguments.ToArgument(
        value = 0,
        index = 0,
        typing = Assigner.Typing.DYNAMIC),
    @Advice.AssignReturned.ToArguments.ToArgument(
        value = 1,
        index = 1,
        typing = Assigner.Typing.DYNAMIC)
  })
  public static Object @Nullable [] enter(
      @Advice.This Socket socket,
      @Advice.Argument(0) @Nullable SocketAddress address,
      @Advice.Argument(1) int timeoutMillis) {
    FloorConnection connection = FloorConnection.decide(socket, address, timeoutMillis);
    return connection == null ? null : connection.enter();
  }

  /**
   * @return null when nothing changes; else what is thrown, and the socket's two streams
   */
  @Advice.OnMethodExit(onThrowable = Throwable.class)
  @Advice.AssignReturned.ToThrown(index = 0, typing = Assigner.Typing.DYNAMIC)
  @Advice.AssignReturned.ToFields({
    @Advice.AssignReturned.ToFields.ToField(
        value = "in",
        index = 1,
        typing = Assigner.Typing.DYNAMIC),
    @Advice.AssignReturned.ToFields.ToField(
        value = "out",
        index = 2,
        typing = Assigner.Typing.DYNAMIC)
  })
  public static Object @Nullable [] exit(
      @Advice.This Socket socket,
      @Advice.Enter Object @Nullable [] entered,
      @Advice.Thrown @Nullable Throwable thrown) {
    return entered == null ? null : ((FloorConnection) entered[3]).exit(socket, thrown);
  }
}
