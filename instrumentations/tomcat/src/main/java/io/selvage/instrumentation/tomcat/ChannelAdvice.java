package io.selvage.instrumentation.tomcat;

import net.bytebuddy.asm.Advice;
import net.bytebuddy.asm.Advice.AssignReturned.ToArguments;
import net.bytebuddy.asm.Advice.AssignReturned.ToArguments.ToArgument;
import net.bytebuddy.implementation.bytecode.assign.Assigner.Typing;
import org.apache.tomcat.util.net.NioChannel;
import org.apache.tomcat.util.net.NioEndpoint;
import org.apache.tomcat.util.net.SecureNioChannel;
import org.jspecify.annotations.Nullable;

/** Puts a {@link DualNioChannel} where Tomcat made a plain channel for an accepted connection. */
public final class ChannelAdvice {
  private ChannelAdvice() {}

  /** Replaces the channel; one that speaks the application's own TLS stays. */
  @Advice.OnMethodEnter
  @ToArguments(@ToArgument(value = 0, typing = Typing.DYNAMIC))
  public static NioChannel enter(
      @Advice.Argument(value = 0, typing = Typing.DYNAMIC) NioChannel channel,
      @Advice.Argument(value = 1, typing = Typing.DYNAMIC) NioEndpoint endpoint) {
    if (channel instanceof SecureNioChannel || endpoint.isSSLEnabled()) {
      return channel;
    }
    return new DualNioChannel(channel.getBufHandler(), endpoint, channel);
  }

  /** Tells a new channel whose it is. */
  @Advice.OnMethodExit
  public static void exit(
      @Advice.This(typing = Typing.DYNAMIC) NioEndpoint.NioSocketWrapper wrapper,
      @Advice.Enter(typing = Typing.DYNAMIC) @Nullable NioChannel channel) {
    if (channel instanceof DualNioChannel dual) {
      dual.belongsTo(wrapper);
    }
  }
}
