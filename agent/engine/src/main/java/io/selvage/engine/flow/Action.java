package io.selvage.engine.flow;

/**
 * What a driver has to do next: send this attempt, do nothing before then, or hand this outcome to
 * the application.
 */
public sealed interface Action permits Attempt, Wait, Outcome {}
