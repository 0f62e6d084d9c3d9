package io.selvage.instrumentation.jdkhttpserver;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.asm.Advice.AssignReturned.ToReturned;

/** Adds what was received and decrypted but not read: no selector would tell of it. */
public final class AvailableAdvice {
  private AvailableAdvice() {}

  /** End of stream stays what it is. */
  @Advice.OnMethodExit
  @ToReturned
  public static int exit(
      @Advice.Return int available, @Advice.FieldValue("channel") SocketChannel channel)
      throws IOException {
    return available >= 0 && channel instanceof MeshChannel mesh
        ? available + mesh.pending()
        : available;
  }
}
