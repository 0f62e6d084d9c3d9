package io.selvage.control.parse;

import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.selvage.engine.model.Cluster.Dns;
import io.selvage.engine.model.Cluster.Family;
import java.time.Duration;

/** How a cluster's names are resolved. */
final class DnsParser {
  private static final Duration LEAST = Duration.ofMillis(1);

  private DnsParser() {}

  @SuppressWarnings("deprecation") // istiod still sends these fields
  static Dns parse(Cluster cluster, Field f) {
    if (cluster.getType() != Cluster.DiscoveryType.STRICT_DNS) {
      return Dns.DEFAULT;
    }
    Duration refresh =
        cluster.hasDnsRefreshRate()
            ? longer(cluster.getDnsRefreshRate(), f.at("dns_refresh_rate"))
            : Dns.DEFAULT.refresh();
    Duration base = refresh;
    Duration longest = refresh;
    if (cluster.hasDnsFailureRefreshRate()) {
      Cluster.RefreshRate rate = cluster.getDnsFailureRefreshRate();
      Field at = f.at("dns_failure_refresh_rate");
      base = longer(rate.getBaseInterval(), at.at("base_interval"));
      longest =
          rate.hasMaxInterval()
              ? longer(rate.getMaxInterval(), at.at("max_interval"))
              : base.multipliedBy(10);
      if (longest.compareTo(base) < 0) {
        at.at("max_interval").refuse("must not be less than base_interval");
      }
    }
    return new Dns(family(cluster, f.at("dns_lookup_family")), refresh, base, longest);
  }

  private static Duration longer(com.google.protobuf.Duration asked, Field f) {
    Duration time = Values.duration(asked, f);
    if (time.compareTo(LEAST) <= 0) {
      f.refuse("must be greater than 1 ms");
    }
    return time;
  }

  private static Family family(Cluster cluster, Field f) {
    return switch (cluster.getDnsLookupFamily()) {
      case AUTO -> Family.AUTO;
      case V4_ONLY -> Family.V4_ONLY;
      case V6_ONLY -> Family.V6_ONLY;
      case V4_PREFERRED -> Family.V4_PREFERRED;
      case ALL -> Family.ALL;
      case UNRECOGNIZED -> {
        f.refuse("unknown: " + cluster.getDnsLookupFamilyValue());
        yield Family.AUTO;
      }
    };
  }
}
