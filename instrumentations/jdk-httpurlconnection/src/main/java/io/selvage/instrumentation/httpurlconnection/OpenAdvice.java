package io.selvage.instrumentation.httpurlconnection;

import io.selvage.extension.Intent;
import io.selvage.extension.Mesh;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URL;
import java.net.URLConnection;
import net.bytebuddy.asm.Advice;
import org.jspecify.annotations.Nullable;

/** {@code URL.openConnection}: the application gets a connection that asks the mesh. */
public final class OpenAdvice {
  private OpenAdvice() {}

  @Advice.OnMethodExit
  @Advice.AssignReturned.ToReturned
  public static @Nullable URLConnection exit(
      @Advice.Argument(0) @Nullable URL url,
      @Advice.Argument(1) @Nullable Proxy proxy,
      @Advice.Return @Nullable URLConnection opened) {
    boolean direct = proxy == null || proxy.type() == Proxy.Type.DIRECT;
    if (direct
        && url != null
        && opened instanceof HttpURLConnection connection
        && Mesh.runtime() != null
        && !Intent.isBypassed()
        && "http".equalsIgnoreCase(url.getProtocol())) {
      return new MeshConnection(url, proxy, connection);
    }
    return opened;
  }
}
