package io.selvage.controller.registry;

/**
 * A workload that is, or a moment ago was, connected.
 *
 * @param ready false while its agent says that it drains or is not up yet
 */
public record RegisteredWorkload(WorkloadNode node, boolean ready) {}
