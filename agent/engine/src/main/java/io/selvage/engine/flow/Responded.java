package io.selvage.engine.flow;

import org.jspecify.annotations.Nullable;

/** The upstream's response headers are here; the body may still stream. */
public record Responded(ResponseHead head) implements Outcome {
  /** The success of something that has no headers: a connection, a statement. */
  public static Responded done() {
    return new Responded(new NoHeaders());
  }

  private static final class NoHeaders extends ResponseHead {
    NoHeaders() {
      super(200);
    }

    @Override
    protected @Nullable String original(String name) {
      return null;
    }
  }
}
