package io.selvage.instrumentation.httpclient;

import io.selvage.engine.model.UpstreamTls;
import io.selvage.extension.EndpointAddress;
import io.selvage.extension.Mesh;
import io.selvage.extension.MeshRuntime;
import java.net.InetSocketAddress;
import java.util.List;
import javax.net.ssl.SSLEngine;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.implementation.bytecode.assign.Assigner;
import org.jspecify.annotations.Nullable;

/** A connection to an endpoint of the mesh does its handshake with the workload's identity. */
public final class EngineAdvice {
  private EngineAdvice() {}

  @Advice.OnMethodExit
  @Advice.AssignReturned.ToFields(
      @Advice.AssignReturned.ToFields.ToField(value = "engine", typing = Assigner.Typing.DYNAMIC))
  public static @Nullable SSLEngine exit(
      @Advice.This Object connection,
      @Advice.Argument(0) InetSocketAddress address,
      @Advice.Argument(4) String @Nullable [] alpn,
      @Advice.FieldValue(value = "engine", typing = Assigner.Typing.DYNAMIC) SSLEngine own) {
    MeshRuntime mesh = Mesh.runtime();
    UpstreamTls tls = address instanceof EndpointAddress of ? of.tls() : null;
    if (mesh == null || tls == null) {
      return own;
    }
    EndpointAddress endpoint = (EndpointAddress) address;
    Targets.connected(connection, endpoint);
    List<String> protocols = alpn == null || alpn.length == 0 ? List.of("http/1.1") : List.of(alpn);
    return mesh.tls().clientEngine(tls, endpoint.endpoint(), protocols);
  }
}
