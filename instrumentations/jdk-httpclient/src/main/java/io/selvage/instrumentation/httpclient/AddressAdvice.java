package io.selvage.instrumentation.httpclient;

import java.net.InetSocketAddress;
import net.bytebuddy.asm.Advice;
import org.jspecify.annotations.Nullable;

/** Where a request connects to: nothing is looked up for those of the mesh. */
public final class AddressAdvice {
  private AddressAdvice() {}

  @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class)
  public static @Nullable InetSocketAddress enter(@Advice.This Object request) {
    return Targets.addressOf(request);
  }

  @Advice.OnMethodExit
  @Advice.AssignReturned.ToReturned
  public static @Nullable InetSocketAddress exit(
      @Advice.Enter @Nullable InetSocketAddress meshed,
      @Advice.Return @Nullable InetSocketAddress own) {
    return meshed != null ? meshed : own;
  }
}
