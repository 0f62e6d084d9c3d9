package io.selvage.instrumentation.httpclient5async;

import io.selvage.extension.EndpointAddress;
import io.selvage.extension.EndpointLabels;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import net.bytebuddy.asm.Advice;
import org.apache.hc.core5.net.NamedEndpoint;
import org.jspecify.annotations.Nullable;

/** Where the reactor connects: what a label of the mesh stands for, and no name is looked up. */
public final class ConnectAdvice {
  private ConnectAdvice() {}

  /** A label that is forgotten connects to nowhere: never to what a resolver makes of it. */
  @Advice.OnMethodEnter
  @Advice.AssignReturned.ToArguments(@Advice.AssignReturned.ToArguments.ToArgument(1))
  public static @Nullable SocketAddress enter(
      @Advice.Argument(0) @Nullable NamedEndpoint asked,
      @Advice.Argument(1) @Nullable SocketAddress address) {
    if (asked == null) {
      return address;
    }
    EndpointAddress meshed = EndpointLabels.find(asked.getHostName());
    if (meshed != null) {
      return meshed;
    }
    return EndpointLabels.isLabel(asked.getHostName()) ? nowhere() : address;
  }

  private static SocketAddress nowhere() {
    try {
      return new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 0);
    } catch (UnknownHostException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
