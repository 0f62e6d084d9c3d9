package io.selvage.instrumentation.netty.client;

import io.selvage.extension.Intent;
import io.selvage.extension.Mesh;
import io.selvage.extension.MeshRuntime;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.asm.Advice.AssignReturned.ToReturned;
import org.jspecify.annotations.Nullable;

/** A name of the mesh needs no look-up by Netty's own resolver: it reaches the floor as it is. */
public final class ResolvedAdvice {
  private ResolvedAdvice() {}

  @Advice.OnMethodExit
  @ToReturned
  public static boolean exit(
      @Advice.Argument(0) @Nullable SocketAddress address, @Advice.Return boolean resolved) {
    MeshRuntime mesh = Mesh.runtime();
    return resolved
        || mesh != null
            && !Intent.isBypassed()
            && address instanceof InetSocketAddress asked
            && asked.isUnresolved()
            && mesh.names().resolve(asked.getHostString()) != null;
  }
}
