package io.selvage.engine.flow;

/**
 * How a request ended, as the application sees it: an answer of the upstream, a refusal of the
 * mesh, or a failure.
 */
public sealed interface Outcome extends Action permits Responded, Rejection, Failed {}
