package io.selvage.instrumentation.okhttp;

import java.util.List;
import net.bytebuddy.asm.Advice;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;

/**
 * Makes the mesh the last application interceptor of each client, also of those derived from
 * another one.
 */
public final class ClientAdvice {
  private ClientAdvice() {}

  @Advice.OnMethodEnter
  public static void enter(@Advice.Argument(0) OkHttpClient.Builder builder) {
    List<Interceptor> interceptors = builder.interceptors();
    interceptors.removeIf(MeshInterceptor.class::isInstance);
    interceptors.add(new MeshInterceptor());
  }

  /** The client is whole now, so that others can be derived from it. */
  @Advice.OnMethodExit
  public static void exit(@Advice.This OkHttpClient client) {
    List<Interceptor> interceptors = client.interceptors();
    int last = interceptors.size() - 1;
    if (last >= 0 && interceptors.get(last) instanceof MeshInterceptor mine) {
      mine.belongsTo(client);
    }
  }
}
