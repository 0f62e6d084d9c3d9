package io.selvage.engine.balancing;

import io.selvage.engine.flow.Clock;
import io.selvage.engine.flow.Randomness;
import io.selvage.engine.model.Locality;
import io.selvage.engine.snapshot.CompiledCluster;
import io.selvage.engine.snapshot.Host;
import java.util.List;

/**
 * What algorithms are made with.
 *
 * @param own where the caller is
 */
record Makings(Clock clock, Randomness random, Locality own) {
  Algorithm algorithm(CompiledCluster cluster, List<Host> hosts) {
    return Algorithm.of(cluster.cluster().balancer(), hosts, clock, random);
  }
}
