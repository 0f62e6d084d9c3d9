package io.selvage.instrumentation.httpclient;

import io.selvage.extension.EndpointAddress;
import net.bytebuddy.asm.Advice;

/** A request whose endpoint speaks mesh TLS is sent over TLS, though its URI says {@code http}. */
public final class SecureAdvice {
  private SecureAdvice() {}

  @Advice.OnMethodExit
  @Advice.AssignReturned.ToReturned
  public static boolean exit(@Advice.This Object request, @Advice.Return boolean secure) {
    return secure
        || Targets.addressOf(request) instanceof EndpointAddress address && address.tls() != null;
  }
}
