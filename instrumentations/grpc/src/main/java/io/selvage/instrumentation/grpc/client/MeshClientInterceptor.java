package io.selvage.instrumentation.grpc.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.MethodDescriptor;
import io.selvage.extension.Intent;
import io.selvage.extension.Mesh;
import io.selvage.extension.MeshRuntime;

/**
 * The interceptor next to the transport: those of the application run once per call, above the
 * attempts. Any thread.
 */
final class MeshClientInterceptor implements ClientInterceptor {
  private final Target target;

  MeshClientInterceptor(Target target) {
    this.target = target;
  }

  @Override
  public <Q, R> ClientCall<Q, R> interceptCall(
      MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
    MeshRuntime mesh = Mesh.runtime();
    if (mesh == null || Intent.isBypassed()) {
      return next.newCall(method, options);
    }
    return new MeshClientCall<>(mesh, target, method, options, next);
  }
}
