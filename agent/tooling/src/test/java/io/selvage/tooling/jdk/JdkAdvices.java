package io.selvage.tooling.jdk;

import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.URL;
import java.net.http.HttpRequest;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.asm.Advice.AssignReturned.ToArguments;
import net.bytebuddy.asm.Advice.AssignReturned.ToArguments.ToArgument;
import net.bytebuddy.asm.Advice.AssignReturned.ToReturned;
import net.bytebuddy.implementation.bytecode.assign.Assigner.Typing;

/**
 * Advice for classes of the JDK: exported, not exported, of the boot and of the platform loader.
 */
public final class JdkAdvices {
  private JdkAdvices() {}

  public static final class Connect {
    @Advice.OnMethodEnter
    @ToArguments(@ToArgument(0))
    public static SocketAddress enter(
        @Advice.This Socket socket, @Advice.Argument(0) SocketAddress address) {
      return address instanceof InetSocketAddress inet && inet.getHostString().equals("mesh.test")
          ? new InetSocketAddress("127.0.0.1", inet.getPort())
          : address;
    }
  }

  public static final class KeepAlive {
    @Advice.OnMethodEnter
    @ToArguments(@ToArgument(value = 1, typing = Typing.DYNAMIC))
    public static Object enter(
        @Advice.This Object cache, @Advice.Argument(0) URL url, @Advice.Argument(1) Object key) {
      System.setProperty("selvage.test.keepAlive", url.getHost());
      return key;
    }
  }

  public static final class Secure {
    @Advice.OnMethodExit
    @ToReturned
    public static boolean exit(@Advice.This HttpRequest request, @Advice.Return boolean secure) {
      System.setProperty("selvage.test.secure", request.uri().getHost());
      return secure;
    }
  }
}
