package io.selvage.instrumentation.netty.client;

import io.selvage.engine.flow.ResponseHead;
import org.jspecify.annotations.Nullable;

/** What a connection answers: that it is there. */
final class Connected extends ResponseHead {
  Connected() {
    super(200);
  }

  @Override
  protected @Nullable String original(String name) {
    return null;
  }
}
