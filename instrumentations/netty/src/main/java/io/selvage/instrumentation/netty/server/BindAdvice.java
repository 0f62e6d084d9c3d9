package io.selvage.instrumentation.netty.server;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.ServerChannel;
import io.selvage.extension.Mesh;
import io.selvage.extension.MeshRuntime;
import java.net.InetSocketAddress;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.implementation.bytecode.assign.Assigner.Typing;

/** Says which ports listen. */
public final class BindAdvice {
  private BindAdvice() {}

  /** Binding is done on the event loop before the head returns. */
  @Advice.OnMethodExit
  public static void exit(
      @Advice.Argument(value = 0, typing = Typing.DYNAMIC) ChannelHandlerContext context,
      @Advice.Argument(value = 2, typing = Typing.DYNAMIC) ChannelPromise promise) {
    Channel channel = context.channel();
    MeshRuntime mesh = Mesh.runtime();
    if (mesh != null
        && promise.isSuccess()
        && channel instanceof ServerChannel
        && channel.localAddress() instanceof InetSocketAddress address) {
      mesh.listening(address.getPort(), "netty");
      channel.closeFuture().addListener(closed -> closed(address.getPort()));
    }
  }

  private static void closed(int port) {
    MeshRuntime mesh = Mesh.runtime();
    if (mesh != null) {
      mesh.closed(port);
    }
  }
}
