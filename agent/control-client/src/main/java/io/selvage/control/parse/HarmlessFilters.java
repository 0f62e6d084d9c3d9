package io.selvage.control.parse;

import java.util.Set;

/** Filters that only observe, or help Envoy's own work: leaving them out weakens nothing. */
final class HarmlessFilters {
  private static final Set<String> NAMES =
      Set.of(
          "istio.stats",
          "istio.metadata_exchange",
          "istio.alpn",
          "istio.telemetry",
          "envoy.filters.http.grpc_stats",
          "envoy.filters.http.router",
          "envoy.filters.http.cors",
          "envoy.filters.network.metadata_exchange",
          "envoy.filters.http.peer_metadata",
          "waypoint_peer_metadata",
          "envoy.filters.http.istio_stats");

  private HarmlessFilters() {}

  static boolean isOne(String name) {
    return NAMES.contains(name);
  }
}
