package io.selvage.engine.model;

import org.jspecify.annotations.Nullable;

/**
 * What is asked of requests before authorization.
 *
 * @param tokens of end users; null = tokens are not looked at
 */
public record InboundChecks(@Nullable JwtAuthn tokens) {
  public static final InboundChecks NONE = new InboundChecks(null);
}
