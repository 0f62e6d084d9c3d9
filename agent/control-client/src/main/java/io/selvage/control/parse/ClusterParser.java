package io.selvage.control.parse;

import com.google.protobuf.Any;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import io.selvage.engine.model.CircuitBreakers;
import io.selvage.engine.model.Cluster.Discovery;
import io.selvage.engine.model.Endpoints;
import io.selvage.engine.model.Resilience;
import io.selvage.engine.model.UpstreamTls;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Clusters (CDS). Absent numbers mean what Envoy's documentation says. */
public final class ClusterParser {
  private static final String HTTP_OPTIONS =
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
  private static final String TLS_MODE = "tlsMode";

  private ClusterParser() {}

  /** A whole resource. */
  public static Parsed<io.selvage.engine.model.Cluster> parse(Cluster cluster) {
    return Field.read(f -> cluster(cluster, f));
  }

  @SuppressWarnings("deprecation") // http2_protocol_options is what istiod still sends at times
  private static io.selvage.engine.model.Cluster cluster(Cluster cluster, Field f) {
    if (cluster.getName().isEmpty()) {
      f.at("name").refuse("must not be empty");
    }
    f.unsupported(cluster.getHealthChecksCount() > 0, "health_checks");
    // it decides which endpoints a request may reach: left out, requests would go elsewhere
    f.forbidden(cluster.getLbSubsetConfig().getSubsetSelectorsCount() > 0, "lb_subset_config");
    LeftOut.cluster(cluster, f);
    BalancingParser.Balancing balancing = BalancingParser.parse(cluster, f);
    Map<String, UpstreamTls> byMode = new HashMap<>();
    UpstreamTls standard = tls(cluster, byMode, f);
    Endpoints endpoints =
        cluster.hasLoadAssignment()
            ? EndpointParser.endpoints(cluster.getLoadAssignment(), f.at("load_assignment"))
            : null;
    String eds = cluster.getEdsClusterConfig().getServiceName();
    Map<String, String> metadata = new HashMap<>(Values.texts(cluster.getMetadata(), "istio"));
    Duration connectTimeout =
        cluster.hasConnectTimeout()
            ? Values.duration(cluster.getConnectTimeout(), f.at("connect_timeout"))
            : Duration.ofSeconds(5);
    CircuitBreakers breakers = LimitsParser.circuitBreakers(cluster, f.at("circuit_breakers"));
    Resilience own = OwnMetadata.cluster(cluster.getMetadata(), f);
    return new io.selvage.engine.model.Cluster(
        cluster.getName(),
        discovery(cluster, f),
        eds.isEmpty() ? cluster.getName() : eds,
        service(cluster),
        own == null || own.balancer() == null ? balancing.balancer() : own.balancer(),
        BalancingParser.locality(cluster, balancing, f),
        connectTimeout,
        breakers,
        OutlierParser.parse(cluster, f),
        standard,
        byMode,
        cluster.hasHttp2ProtocolOptions() || http2(cluster, f),
        metadata,
        endpoints,
        LimitsParser.connections(cluster, breakers, connectTimeout, f),
        LimitsParser.maxStreamDuration(cluster, f),
        own,
        DnsParser.parse(cluster, f),
        ProxyProtocolParser.version(cluster, f));
  }

  private static Discovery discovery(Cluster cluster, Field f) {
    if (cluster.hasClusterType()) {
      f.at("cluster_type").refuse("not supported: " + cluster.getClusterType().getName());
      return Discovery.STATIC;
    }
    return switch (cluster.getType()) {
      case EDS -> Discovery.EDS;
      case STATIC -> Discovery.STATIC;
      case STRICT_DNS -> Discovery.STRICT_DNS;
      case LOGICAL_DNS -> Discovery.LOGICAL_DNS;
      case ORIGINAL_DST -> Discovery.ORIGINAL_DST;
      case UNRECOGNIZED -> {
        f.at("type").refuse("unknown type " + cluster.getTypeValue());
        yield Discovery.STATIC;
      }
    };
  }

  private static @Nullable UpstreamTls tls(
      Cluster cluster, Map<String, UpstreamTls> byMode, Field f) {
    UpstreamTls standard =
        cluster.hasTransportSocket()
            ? socket(cluster.getTransportSocket(), f.at("transport_socket"))
            : null;
    for (int i = 0; i < cluster.getTransportSocketMatchesCount(); i++) {
      Cluster.TransportSocketMatch match = cluster.getTransportSocketMatches(i);
      Field at = f.at("transport_socket_matches", i);
      Struct wanted = match.getMatch();
      UpstreamTls tls = socket(match.getTransportSocket(), at.at("transport_socket"));
      if (wanted.getFieldsCount() == 0) {
        // matches every endpoint that no earlier entry matched
        return tls;
      }
      Value mode = wanted.getFieldsOrDefault(TLS_MODE, Value.getDefaultInstance());
      if (wanted.getFieldsCount() > 1 || mode.getKindCase() != Value.KindCase.STRING_VALUE) {
        at.at("match")
            .refuse("only " + TLS_MODE + " is supported; found " + wanted.getFieldsMap().keySet());
      } else if (tls != null) {
        byMode.putIfAbsent(mode.getStringValue(), tls);
      } else if (standard != null) {
        at.refuse("plaintext for one mode beside TLS for the others is not supported");
      }
    }
    return standard;
  }

  private static @Nullable UpstreamTls socket(TransportSocket socket, Field f) {
    TransportSocket inner = ProxyProtocolParser.inner(socket, f);
    Field at = inner == socket ? f : f.at("typed_config.transport_socket");
    return TlsParser.isRaw(inner) ? null : TlsParser.upstream(inner, at);
  }

  private static boolean http2(Cluster cluster, Field f) {
    Any any = cluster.getTypedExtensionProtocolOptionsMap().get(HTTP_OPTIONS);
    if (any == null) {
      return false;
    }
    HttpProtocolOptions options =
        f.at("typed_extension_protocol_options", HTTP_OPTIONS)
            .unpack(any, HTTP_OPTIONS, HttpProtocolOptions.parser());
    return options != null && options.getExplicitHttpConfig().hasHttp2ProtocolOptions();
  }

  private static io.selvage.engine.model.Cluster.@Nullable Service service(Cluster cluster) {
    Struct istio =
        cluster.getMetadata().getFilterMetadataOrDefault("istio", Struct.getDefaultInstance());
    var services = istio.getFieldsOrDefault("services", Value.getDefaultInstance()).getListValue();
    if (services.getValuesCount() == 0) {
      return null;
    }
    Struct first = services.getValues(0).getStructValue();
    return new io.selvage.engine.model.Cluster.Service(
        text(first, "host"), text(first, "name"), text(first, "namespace"), text(istio, "subset"));
  }

  private static String text(Struct struct, String name) {
    return struct.getFieldsOrDefault(name, Value.getDefaultInstance()).getStringValue();
  }
}
