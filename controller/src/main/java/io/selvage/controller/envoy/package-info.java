/**
 * A real Envoy as the data plane of a workload that is not a JVM: its certificate and its
 * bootstrap.
 */
package io.selvage.controller.envoy;
