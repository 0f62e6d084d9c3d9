package io.selvage.engine.flow;

/** The upstream's response headers are here; the body may still stream. */
public record Responded(ResponseHead head) implements Outcome {}
