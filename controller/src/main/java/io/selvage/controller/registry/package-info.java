/** Which workloads are there: nodes, endpoints and their health, virtual addresses. */
@org.jspecify.annotations.NullMarked
package io.selvage.controller.registry;
