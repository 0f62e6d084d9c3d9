package io.selvage.dist.woven;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.asm.Advice.AssignReturned.ToArguments;
import net.bytebuddy.asm.Advice.AssignReturned.ToArguments.ToArgument;

public final class ConnectAdvice {
  @Advice.OnMethodEnter
  @ToArguments(@ToArgument(0))
  public static SocketAddress enter(@Advice.Argument(0) SocketAddress address) {
    return address instanceof InetSocketAddress inet && inet.getHostString().equals("mesh.test")
        ? new InetSocketAddress("127.0.0.1", inet.getPort())
        : address;
  }
}
