/**
 * The mesh's context (trace, deadline, caller) over executors, {@code CompletableFuture} and
 * virtual threads: work runs in the context in which it was handed over. Nothing is wrapped where
 * there is no context.
 */
@org.jspecify.annotations.NullMarked
package io.selvage.instrumentation.executors;
