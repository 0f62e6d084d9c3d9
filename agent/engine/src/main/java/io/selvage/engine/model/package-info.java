/**
 * The configuration of a data plane as immutable records: what Envoy's listeners, routes, clusters
 * and endpoints say, without protobuf. Nothing here decides; parsing gives these records or
 * reasons, and {@code snapshot} compiles them.
 */
package io.selvage.engine.model;
