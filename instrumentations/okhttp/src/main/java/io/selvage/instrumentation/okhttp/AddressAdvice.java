package io.selvage.instrumentation.okhttp;

import java.util.List;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.asm.Advice.AssignReturned.ToArguments;
import net.bytebuddy.asm.Advice.AssignReturned.ToArguments.ToArgument;
import net.bytebuddy.implementation.bytecode.assign.Assigner.Typing;
import okhttp3.ConnectionSpec;
import okhttp3.Protocol;
import org.jspecify.annotations.Nullable;

/**
 * Makes the address that a call connects to the attempt's endpoint. The library's pool compares
 * {@code dns} and {@code sslSocketFactory}, so connections belong to one (endpoint, epoch, TLS
 * intent); host and port stay, as the library insists.
 */
public final class AddressAdvice {
  private AddressAdvice() {}

  @Advice.OnMethodEnter
  @ToArguments({
    @ToArgument(value = 2, index = 0, typing = Typing.DYNAMIC),
    @ToArgument(value = 3, index = 1, typing = Typing.DYNAMIC),
    @ToArgument(value = 4, index = 2, typing = Typing.DYNAMIC),
    @ToArgument(value = 5, index = 3, typing = Typing.DYNAMIC),
    @ToArgument(value = 6, index = 4, typing = Typing.DYNAMIC),
    @ToArgument(value = 8, index = 5, typing = Typing.DYNAMIC),
    @ToArgument(value = 9, index = 6, typing = Typing.DYNAMIC),
    @ToArgument(value = 10, index = 7, typing = Typing.DYNAMIC)
  })
  public static Object @Nullable [] enter(
      @Advice.Argument(0) String host,
      @Advice.Argument(1) int port,
      @Advice.Argument(4) @Nullable Object socketFactory,
      @Advice.Argument(9) List<Protocol> protocols,
      @Advice.Argument(10) List<ConnectionSpec> specs) {
    OneAttempt attempt = OneAttempt.ofThread();
    if (attempt == null || socketFactory != null || !attempt.isFor(host, port)) {
      return null;
    }
    return attempt.address(protocols, specs);
  }
}
