package io.selvage.controller.translate;

import io.selvage.controller.registry.Locality;
import java.util.Map;

/**
 * One place where a port of a service is served.
 *
 * @param spiffeId of the workload; empty where it has none
 * @param mutualTls whether it is known to speak the mesh's mutual TLS
 * @param workload Istio's {@code name;namespace;service;version;cluster}
 */
record MeshEndpoint(
    String address,
    int port,
    Map<String, String> labels,
    Locality locality,
    int weight,
    String spiffeId,
    boolean mutualTls,
    boolean ready,
    String workload) {}
