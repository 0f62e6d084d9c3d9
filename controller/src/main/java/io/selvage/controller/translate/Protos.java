package io.selvage.controller.translate;

import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import com.google.protobuf.Message;
import com.google.protobuf.Struct;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiVersion;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import io.selvage.controller.resource.Resource;
import java.time.Duration;

/** Small pieces of Envoy's API that many shapes share. */
final class Protos {
  /** Everything comes over the stream it was asked on. */
  static final ConfigSource ADS =
      ConfigSource.newBuilder()
          .setAds(AggregatedConfigSource.getDefaultInstance())
          .setInitialFetchTimeout(com.google.protobuf.Duration.getDefaultInstance())
          .setResourceApiVersion(ApiVersion.V3)
          .build();

  private static final int MILLION_PER_PERCENT = 10_000;

  private Protos() {}

  static Any any(Message message) {
    return Any.pack(message);
  }

  static com.google.protobuf.Duration duration(Duration duration) {
    return com.google.protobuf.Duration.newBuilder()
        .setSeconds(duration.getSeconds())
        .setNanos(duration.getNano())
        .build();
  }

  static UInt32Value number(long value) {
    return UInt32Value.of((int) value);
  }

  static BoolValue flag(boolean value) {
    return BoolValue.of(value);
  }

  static Address address(String host, int port) {
    return Address.newBuilder()
        .setSocketAddress(SocketAddress.newBuilder().setAddress(host).setPortValue(port))
        .build();
  }

  static HttpFilter httpFilter(String name, Message config) {
    return HttpFilter.newBuilder().setName(name).setTypedConfig(any(config)).build();
  }

  /** Percent with four decimals. */
  static FractionalPercent percent(double percent) {
    return FractionalPercent.newBuilder()
        .setNumerator((int) Math.round(percent * MILLION_PER_PERCENT))
        .setDenominator(FractionalPercent.DenominatorType.MILLION)
        .build();
  }

  static Value text(String text) {
    return Value.newBuilder().setStringValue(text).build();
  }

  /** Istio's metadata: which resource this came from. */
  static Metadata origin(Resource resource) {
    return Metadata.newBuilder()
        .putFilterMetadata(
            "istio", Struct.newBuilder().putFields("config", text(path(resource))).build())
        .build();
  }

  static String path(Resource resource) {
    String version = resource.json().path("apiVersion").asText("").replaceAll(".*/", "");
    StringBuilder kind = new StringBuilder();
    for (char c : resource.kind().kind().toCharArray()) {
      if (Character.isUpperCase(c) && kind.length() > 0) {
        kind.append('-');
      }
      kind.append(Character.toLowerCase(c));
    }
    return "/apis/"
        + resource.kind().group()
        + "/"
        + (version.isEmpty() ? "v1" : version)
        + "/namespaces/"
        + resource.namespace()
        + "/"
        + kind
        + "/"
        + resource.name();
  }
}
