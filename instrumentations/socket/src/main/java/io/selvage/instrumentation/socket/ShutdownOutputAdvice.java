package io.selvage.instrumentation.socket;

import java.io.OutputStream;
import net.bytebuddy.asm.Advice;
import org.jspecify.annotations.Nullable;

/** {@code Socket.shutdownOutput}: TLS says that nothing follows before TCP does. */
public final class ShutdownOutputAdvice {
  private ShutdownOutputAdvice() {}

  @Advice.OnMethodEnter
  public static void enter(@Advice.FieldValue("out") @Nullable OutputStream out) {
    if (out instanceof FloorOutput floor) {
      floor.link().finishingOutput();
    }
  }
}
