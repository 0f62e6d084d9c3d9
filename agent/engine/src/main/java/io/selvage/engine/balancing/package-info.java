/**
 * Which endpoint: priorities with overprovisioning and panic, localities, and the algorithms.
 * Source: Envoy's load balancing (https://www.envoyproxy.io/docs, "Load balancing").
 */
package io.selvage.engine.balancing;
