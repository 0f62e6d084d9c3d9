package io.selvage.control.parse;

import com.google.protobuf.Any;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import io.selvage.engine.model.CircuitBreakers;
import io.selvage.engine.model.Cluster.Balancer;
import io.selvage.engine.model.Cluster.Discovery;
import io.selvage.engine.model.Cluster.LocalityBalancing;
import io.selvage.engine.model.Endpoints;
import io.selvage.engine.model.OutlierDetection;
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
  private static final long RING_LIMIT = 8L << 20;

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
    f.unsupported(cluster.hasLbSubsetConfig(), "lb_subset_config");
    f.unsupported(cluster.hasUpstreamBindConfig(), "upstream_bind_config");
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
    return new io.selvage.engine.model.Cluster(
        cluster.getName(),
        discovery(cluster, f),
        eds.isEmpty() ? cluster.getName() : eds,
        service(cluster),
        balancer(cluster, f),
        locality(cluster, f),
        connectTimeout,
        breakers,
        cluster.hasOutlierDetection() ? outlier(cluster, f.at("outlier_detection")) : null,
        standard,
        byMode,
        cluster.hasHttp2ProtocolOptions() || http2(cluster, f),
        metadata,
        endpoints,
        LimitsParser.connections(cluster, breakers, connectTimeout, f),
        LimitsParser.maxStreamDuration(cluster, f),
        OwnMetadata.cluster(cluster.getMetadata(), f));
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

  private static Balancer balancer(Cluster cluster, Field f) {
    return switch (cluster.getLbPolicy()) {
      case ROUND_ROBIN -> new io.selvage.engine.model.Cluster.RoundRobin();
      case LEAST_REQUEST ->
          new io.selvage.engine.model.Cluster.LeastRequest(
              Math.max(
                  2,
                  Values.number(
                      cluster.getLeastRequestLbConfig().hasChoiceCount(),
                      cluster.getLeastRequestLbConfig().getChoiceCount(),
                      2)));
      case RANDOM -> new io.selvage.engine.model.Cluster.Random();
      case RING_HASH -> {
        Cluster.RingHashLbConfig ring = cluster.getRingHashLbConfig();
        long least = ring.hasMinimumRingSize() ? ring.getMinimumRingSize().getValue() : 1024;
        long most = ring.hasMaximumRingSize() ? ring.getMaximumRingSize().getValue() : RING_LIMIT;
        if (least < 0 || most <= 0 || least > most || most > RING_LIMIT) {
          f.at("ring_hash_lb_config")
              .refuse(
                  "ring sizes must be 0 to "
                      + RING_LIMIT
                      + ", the smaller first; found "
                      + least
                      + " and "
                      + most);
        }
        yield new io.selvage.engine.model.Cluster.RingHash(least, most);
      }
      case MAGLEV -> {
        long size =
            cluster.getMaglevLbConfig().hasTableSize()
                ? cluster.getMaglevLbConfig().getTableSize().getValue()
                : 65_537;
        if (size <= 0 || size > 5_000_011) {
          f.at("maglev_lb_config.table_size").refuse("must be 1 to 5000011; found " + size);
        }
        yield new io.selvage.engine.model.Cluster.Maglev(size);
      }
      case CLUSTER_PROVIDED -> new io.selvage.engine.model.Cluster.ClusterProvided();
      case LOAD_BALANCING_POLICY_CONFIG, UNRECOGNIZED -> policy(cluster, f);
    };
  }

  private static Balancer policy(Cluster cluster, Field f) {
    for (var each : cluster.getLoadBalancingPolicy().getPoliciesList()) {
      String type = Field.typeOf(each.getTypedExtensionConfig().getTypedConfig());
      switch (type.substring(type.lastIndexOf('.') + 1)) {
        case "RoundRobin":
          return new io.selvage.engine.model.Cluster.RoundRobin();
        case "LeastRequest":
          return new io.selvage.engine.model.Cluster.LeastRequest(2);
        case "Random":
          return new io.selvage.engine.model.Cluster.Random();
        default:
          break; // Envoy: the first policy that is known
      }
    }
    f.at("load_balancing_policy").refuse("none of its policies is supported");
    return new io.selvage.engine.model.Cluster.RoundRobin();
  }

  private static LocalityBalancing locality(Cluster cluster, Field f) {
    Cluster.CommonLbConfig common = cluster.getCommonLbConfig();
    double panic =
        common.hasHealthyPanicThreshold()
            ? common.getHealthyPanicThreshold().getValue() / 100
            : 0.5;
    if (!(panic >= 0 && panic <= 1)) {
      f.at("common_lb_config.healthy_panic_threshold").refuse("must be 0 to 100");
    }
    double over =
        Values.number(
                cluster.getLoadAssignment().getPolicy().hasOverprovisioningFactor(),
                cluster.getLoadAssignment().getPolicy().getOverprovisioningFactor(),
                140)
            / 100.0;
    return new LocalityBalancing(common.hasLocalityWeightedLbConfig(), panic, over);
  }

  private static OutlierDetection outlier(Cluster cluster, Field f) {
    var o = cluster.getOutlierDetection();
    Duration base =
        o.hasBaseEjectionTime()
            ? Values.duration(o.getBaseEjectionTime(), f.at("base_ejection_time"))
            : Duration.ofSeconds(30);
    Duration most =
        o.hasMaxEjectionTime()
            ? Values.duration(o.getMaxEjectionTime(), f.at("max_ejection_time"))
            : Duration.ofSeconds(300);
    boolean errors =
        enforced(
            o.hasEnforcingConsecutive5Xx(),
            o.getEnforcingConsecutive5Xx().getValue(),
            100,
            f.at("enforcing_consecutive_5xx"));
    boolean gateway =
        enforced(
            o.hasEnforcingConsecutiveGatewayFailure(),
            o.getEnforcingConsecutiveGatewayFailure().getValue(),
            0,
            f.at("enforcing_consecutive_gateway_failure"));
    boolean local =
        enforced(
            o.hasEnforcingConsecutiveLocalOriginFailure(),
            o.getEnforcingConsecutiveLocalOriginFailure().getValue(),
            100,
            f.at("enforcing_consecutive_local_origin_failure"));
    // by rates Envoy ejects only with five hosts and a hundred requests an interval
    f.unsupported(
        o.hasEnforcingSuccessRate() && o.getEnforcingSuccessRate().getValue() > 0,
        "enforcing_success_rate");
    f.unsupported(o.getEnforcingFailurePercentage().getValue() > 0, "enforcing_failure_percentage");
    return new OutlierDetection(
        errors ? Values.number(o.hasConsecutive5Xx(), o.getConsecutive5Xx(), 5) : 0,
        gateway
            ? Values.number(o.hasConsecutiveGatewayFailure(), o.getConsecutiveGatewayFailure(), 5)
            : 0,
        local
            ? Values.number(
                o.hasConsecutiveLocalOriginFailure(), o.getConsecutiveLocalOriginFailure(), 5)
            : 0,
        o.getSplitExternalLocalOriginErrors(),
        o.hasInterval()
            ? Values.duration(o.getInterval(), f.at("interval"))
            : Duration.ofSeconds(10),
        base,
        most.compareTo(base) < 0 ? base : most,
        Math.min(100, Values.number(o.hasMaxEjectionPercent(), o.getMaxEjectionPercent(), 10))
            / 100.0,
        cluster.getCommonLbConfig().hasHealthyPanicThreshold()
            ? cluster.getCommonLbConfig().getHealthyPanicThreshold().getValue() / 100
            : 0);
  }

  private static boolean enforced(boolean present, int percent, int standard, Field f) {
    int value = present ? percent : standard;
    if (value > 0 && value < 100) {
      f.warn(value + " % is treated as always");
    }
    return value > 0;
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
    return TlsParser.isRaw(socket) ? null : TlsParser.upstream(socket, f);
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
