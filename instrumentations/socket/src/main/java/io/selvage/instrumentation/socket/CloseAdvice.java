package io.selvage.instrumentation.socket;

import java.io.InputStream;
import net.bytebuddy.asm.Advice;
import org.jspecify.annotations.Nullable;

/** {@code Socket.close}: says goodbye in TLS and ends the connection's exchange. */
public final class CloseAdvice {
  private CloseAdvice() {}

  @Advice.OnMethodEnter
  public static void enter(@Advice.FieldValue("in") @Nullable InputStream in) {
    if (in instanceof FloorInput floor) {
      floor.link().closing();
    }
  }
}
