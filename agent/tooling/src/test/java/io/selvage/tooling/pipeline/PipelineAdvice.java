package io.selvage.tooling.pipeline;

import net.bytebuddy.asm.Advice;
import sample.lib.Inside;
import sample.lib.Pipeline;

/** Puts a handler of ours, which implements the library's interface, into each pipeline. */
public final class PipelineAdvice {
  @Advice.OnMethodExit
  public static void exit(@Advice.This Pipeline pipeline) {
    pipeline.addFirst(new Mark(String.valueOf(new Inside().apply(pipeline))));
  }

  static final class Mark implements Pipeline.Handler {
    private final String secret;

    Mark(String secret) {
      this.secret = secret;
    }

    @Override
    public String handle(String message, Pipeline.Context context) {
      return message + " " + context.name() + " " + context.label + " " + secret;
    }
  }
}
