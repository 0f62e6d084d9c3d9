package io.selvage.instrumentation.grpc.client;

import io.grpc.ClientInterceptor;
import io.grpc.LoadBalancerRegistry;
import io.grpc.internal.ManagedChannelImplBuilder;
import io.selvage.extension.Mesh;
import io.selvage.extension.MeshRuntime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.bytebuddy.asm.Advice;
import org.jspecify.annotations.Nullable;

/**
 * Prepares each channel over Netty whose target is a host and a port; others are the application's
 * own business.
 */
public final class ChannelAdvice {
  private ChannelAdvice() {}

  @Advice.OnMethodEnter
  public static void enter(
      @Advice.This ManagedChannelImplBuilder builder,
      @Advice.FieldValue("target") @Nullable String asked,
      @Advice.FieldValue("directServerAddress") @Nullable Object direct,
      @Advice.FieldValue("clientTransportFactoryBuilder") Object transport,
      @Advice.FieldValue("interceptors") List<ClientInterceptor> interceptors,
      @Advice.FieldValue("defaultLbPolicy") String policy,
      @Advice.FieldValue("defaultServiceConfig") @Nullable Map<String, ?> serviceConfig) {
    Target target = Target.parse(asked);
    boolean netty = transport.getClass().getName().contains(".netty.");
    if (target == null
        || direct != null
        || !netty
        || !interceptors.isEmpty() && interceptors.get(0) instanceof MeshClientInterceptor) {
      return;
    }
    interceptors.add(0, new MeshClientInterceptor(target));
    builder.disableServiceConfigLookUp();
    MeshBalancerProvider balancer =
        MeshBalancerProvider.over(serviceConfig == null ? policy : policyOf(serviceConfig, policy));
    LoadBalancerRegistry registry = LoadBalancerRegistry.getDefaultRegistry();
    if (registry.getProvider(balancer.getPolicyName()) == null) {
      registry.register(balancer);
    }
    builder.defaultLoadBalancingPolicy(balancer.getPolicyName());
    if (serviceConfig != null) {
      builder.defaultServiceConfig(withoutBalancing(serviceConfig));
    }
    MeshRuntime mesh = Mesh.runtime();
    if (mesh != null && mesh.names().resolve(target.host()) != null) {
      builder.disableRetry();
    }
  }

  /** The first policy of the application's service config that the library knows. */
  private static String policyOf(Map<String, ?> serviceConfig, String otherwise) {
    if (serviceConfig.get("loadBalancingConfig") instanceof List<?> wanted) {
      for (Object one : wanted) {
        if (one instanceof Map<?, ?> config
            && config.size() == 1
            && config.keySet().iterator().next() instanceof String name
            && LoadBalancerRegistry.getDefaultRegistry().getProvider(name) != null) {
          return name;
        }
      }
    }
    return otherwise;
  }

  private static Map<String, ?> withoutBalancing(Map<String, ?> serviceConfig) {
    Map<String, Object> rest = new LinkedHashMap<>(serviceConfig);
    rest.remove("loadBalancingConfig");
    rest.remove("loadBalancingPolicy");
    return rest;
  }
}
