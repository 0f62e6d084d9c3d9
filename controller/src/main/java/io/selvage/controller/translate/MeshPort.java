package io.selvage.controller.translate;

/**
 * A port of a service.
 *
 * @param target what its workloads listen on, unless they say otherwise; 0 if only a name is known
 */
record MeshPort(int number, String name, Protocol protocol, int target, String targetName) {}
