package io.selvage.instrumentation.netty.server;

import io.netty.channel.Channel;
import io.netty.channel.ServerChannel;
import io.netty.channel.socket.SocketChannel;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.implementation.bytecode.assign.Assigner.Typing;
import org.jspecify.annotations.Nullable;

/**
 * Puts a {@link SniffHandler} in front of whatever the application puts into the pipeline of an
 * accepted connection.
 *
 * <p>The constructor, not the acceptor of {@code ServerBootstrap}: frameworks have acceptors of
 * their own.
 */
public final class AcceptAdvice {
  private AcceptAdvice() {}

  /** Channels without a server channel as parent are left alone. */
  @Advice.OnMethodExit
  public static void exit(
      @Advice.This(typing = Typing.DYNAMIC) Channel child,
      @Advice.Argument(value = 0, typing = Typing.DYNAMIC) @Nullable Channel parent) {
    if (parent instanceof ServerChannel && child instanceof SocketChannel) {
      child.pipeline().addFirst("selvage-sniff", new SniffHandler());
    }
  }
}
