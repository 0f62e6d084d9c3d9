package io.selvage.instrumentation.netty.client;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import java.net.SocketAddress;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.asm.Advice.AssignReturned.ToArguments;
import net.bytebuddy.asm.Advice.AssignReturned.ToArguments.ToArgument;
import org.jspecify.annotations.Nullable;

/**
 * The bottom of every connect, whatever the transport: another address, and TLS first in the
 * pipeline.
 */
public final class ConnectAdvice {
  private ConnectAdvice() {}

  /**
   * @return address and a mark; a non-null mark means that the promise has failed and nothing is
   *     connected; null = the mesh stands aside
   */
  @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class, skipOnIndex = 1)
  @ToArguments(
      @ToArgument(
          value = 1,
          index = 0,
          typing = net.bytebuddy.implementation.bytecode.assign.Assigner.Typing.DYNAMIC))
  public static Object @Nullable [] enter(
      @Advice.Argument(0) ChannelHandlerContext context,
      @Advice.Argument(1) @Nullable SocketAddress address,
      @Advice.Argument(3) ChannelPromise promise) {
    SocketAddress to = Floor.connect(context, address, promise);
    if (to != null) {
      return new Object[] {to, null};
    }
    return promise.isDone() ? new Object[] {address, Boolean.TRUE} : null;
  }
}
