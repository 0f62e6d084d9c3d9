package io.selvage.instrumentation.socket;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.model.Endpoint;
import io.selvage.extension.Intent;
import io.selvage.extension.Mesh;
import io.selvage.extension.MeshRuntime;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.implementation.bytecode.assign.Assigner;
import org.jspecify.annotations.Nullable;

/** {@code InetAddress.getAllByName}: names of the mesh have virtual addresses, no DNS is asked. */
public final class ResolveAdvice {
  private ResolveAdvice() {}

  /**
   * @return the addresses as {@code InetAddress[]}; null when DNS is to be asked. Declared as an
   *     object, because an array would be taken for several values.
   */
  @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class)
  public static @Nullable Object enter(@Advice.Argument(0) @Nullable String host)
      throws UnknownHostException {
    MeshRuntime mesh = Mesh.runtime();
    if (mesh == null || host == null || host.isEmpty() || Intent.isBypassed()) {
      return null;
    }
    Attempt attempt = Intent.attemptOfThread();
    Endpoint endpoint = attempt == null ? null : attempt.endpoint();
    if (attempt != null && endpoint != null && isRewritten(attempt, host)) {
      byte[] address = InetAddress.getByName(endpoint.address()).getAddress();
      return new InetAddress[] {InetAddress.getByAddress(host, address)};
    }
    List<InetAddress> addresses = mesh.names().resolve(host);
    return addresses == null || addresses.isEmpty() ? null : addresses.toArray(new InetAddress[0]);
  }

  /** An authority that the route has put in: it names nothing but the request. */
  private static boolean isRewritten(Attempt attempt, String host) {
    RequestHead head = attempt.exchange().head();
    String authority = head.authority();
    return head.lineChanged()
        && authority.regionMatches(true, 0, host, 0, host.length())
        && (authority.length() == host.length() || authority.charAt(host.length()) == ':');
  }

  @Advice.OnMethodExit
  @Advice.AssignReturned.ToReturned(typing = Assigner.Typing.DYNAMIC)
  public static @Nullable Object exit(
      @Advice.Enter @Nullable Object virtual,
      @Advice.Return(typing = Assigner.Typing.DYNAMIC) @Nullable Object resolved) {
    return virtual != null ? virtual : resolved;
  }
}
