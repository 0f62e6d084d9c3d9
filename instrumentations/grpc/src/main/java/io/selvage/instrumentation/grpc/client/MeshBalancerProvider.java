package io.selvage.instrumentation.grpc.client;

import io.grpc.LoadBalancer;
import io.grpc.LoadBalancerProvider;
import io.grpc.LoadBalancerRegistry;
import io.grpc.NameResolver.ConfigOrError;
import java.util.Map;

/**
 * The balancing policy of woven channels: the engine's choice, over the application's policy where
 * the engine leaves it the choice.
 */
final class MeshBalancerProvider extends LoadBalancerProvider {
  private static final String PREFIX = "selvage_over_";

  private final String otherwise;

  private MeshBalancerProvider(String otherwise) {
    this.otherwise = otherwise;
  }

  /**
   * @param policy the application's; a name of ours (a builder that is used again) is taken for
   *     what it stands for
   */
  static MeshBalancerProvider over(String policy) {
    return new MeshBalancerProvider(
        policy.startsWith(PREFIX) ? policy.substring(PREFIX.length()) : policy);
  }

  @Override
  public boolean isAvailable() {
    return true;
  }

  @Override
  public int getPriority() {
    return 5;
  }

  @Override
  public String getPolicyName() {
    return PREFIX + otherwise;
  }

  @Override
  public LoadBalancer newLoadBalancer(LoadBalancer.Helper helper) {
    LoadBalancerRegistry registry = LoadBalancerRegistry.getDefaultRegistry();
    LoadBalancerProvider wanted = registry.getProvider(otherwise);
    LoadBalancerProvider known = wanted == null ? registry.getProvider("pick_first") : wanted;
    if (known == null) {
      throw new IllegalStateException("no balancing policy pick_first in this gRPC");
    }
    return new MeshBalancer(helper, known);
  }

  @Override
  public ConfigOrError parseLoadBalancingPolicyConfig(Map<String, ?> config) {
    return ConfigOrError.fromConfig("none");
  }
}
