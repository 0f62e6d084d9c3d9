package io.selvage.controller.serve;

import io.selvage.controller.registry.WorkloadNode;
import io.selvage.controller.translate.AgentConfig;

/** What a data plane may read at this moment. Fast; called for every stream at every push. */
@FunctionalInterface
interface ConfigSource {
  /** The configuration of {@code node}. */
  AgentConfig configFor(WorkloadNode node);
}
