package io.selvage.instrumentation.httpclient;

import net.bytebuddy.asm.Advice;
import net.bytebuddy.implementation.bytecode.assign.Assigner;
import org.jspecify.annotations.Nullable;

/**
 * The one method behind {@code send} and {@code sendAsync}: the mesh sends, as often as it must.
 */
public final class SendAdvice {
  private SendAdvice() {}

  /**
   * @return the future that the application gets; null when the library goes on by itself
   */
  @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class)
  public static @Nullable Object enter(
      @Advice.This Object client,
      @Advice.Argument(value = 0, typing = Assigner.Typing.DYNAMIC) @Nullable Object request,
      @Advice.Argument(value = 1, typing = Assigner.Typing.DYNAMIC) @Nullable Object handler,
      @Advice.Argument(value = 2, typing = Assigner.Typing.DYNAMIC) @Nullable Object push) {
    return Sending.start(client, request, handler, push);
  }

  @Advice.OnMethodExit
  @Advice.AssignReturned.ToReturned(typing = Assigner.Typing.DYNAMIC)
  public static @Nullable Object exit(
      @Advice.Enter @Nullable Object meshed,
      @Advice.Return(typing = Assigner.Typing.DYNAMIC) @Nullable Object own) {
    return meshed != null ? meshed : own;
  }
}
