/**
 * One set of xDS bytes for a real Envoy and, through the agent's own parsers, for the engine; both
 * get the same requests and meet the same scripted upstreams, and must decide the same.
 *
 * <p>{@link RealEnvoy} and {@link EngineSide} are the two sides, {@link Differential} compares and
 * counts. Every disagreement that was found once is a file under {@code regressions}.
 */
package io.selvage.differential;
