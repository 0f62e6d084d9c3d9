/**
 * Configuration compiled for the request path, and the state that outlives it.
 *
 * <p>{@link io.selvage.engine.snapshot.MeshSnapshot} is immutable and published by one volatile
 * write; an exchange reads it once, so it never sees two. What must survive a push (in-flight
 * counts, outlier counters, limits) hangs on {@link io.selvage.engine.snapshot.ClusterState} and
 * {@link io.selvage.engine.snapshot.EndpointState}, carried over by cluster name and endpoint
 * address. Compiling never throws: what cannot be compiled is left out and named in a {@link
 * io.selvage.engine.snapshot.Reason}.
 */
package io.selvage.engine.snapshot;
