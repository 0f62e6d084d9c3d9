package io.selvage.engine.snapshot;

import io.selvage.engine.model.SessionPersistence;
import org.jspecify.annotations.Nullable;

/**
 * The session of a request.
 *
 * @param address the endpoint that the session names; null = it is a new one
 */
public record SessionPin(SessionPersistence rule, @Nullable String address) {}
