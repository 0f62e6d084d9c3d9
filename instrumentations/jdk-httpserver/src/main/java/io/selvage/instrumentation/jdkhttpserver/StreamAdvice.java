package io.selvage.instrumentation.jdkhttpserver;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.asm.Advice.AssignReturned.ToArguments;
import net.bytebuddy.asm.Advice.AssignReturned.ToArguments.ToArgument;

/** Lets a connection's streams work on a {@link MeshChannel}; both get the same one. */
public final class StreamAdvice {
  private StreamAdvice() {}

  /** The server goes on selecting on its own channel. */
  @Advice.OnMethodEnter
  @ToArguments(@ToArgument(1))
  public static SocketChannel enter(@Advice.Argument(1) SocketChannel channel) throws IOException {
    try {
      return Connections.over(channel);
    } catch (ClosedChannelException gone) {
      // the caller hung up before the server looked: nothing to guard, and no fault of the seam
      return channel;
    }
  }
}
