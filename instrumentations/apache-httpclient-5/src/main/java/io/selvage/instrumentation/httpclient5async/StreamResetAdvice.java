package io.selvage.instrumentation.httpclient5async;

import net.bytebuddy.asm.Advice;
import net.bytebuddy.implementation.bytecode.assign.Assigner;
import org.jspecify.annotations.Nullable;

/**
 * A stream whose request is already through is reset all the same when its attempt is given up: the
 * library would only forget it, and leave the peer working.
 */
public final class StreamResetAdvice {
  private static final Object[] NOT_ENDED = {Boolean.FALSE};

  private StreamResetAdvice() {}

  /**
   * @return null when nothing changes; else that this side has not ended the stream
   */
  @Advice.OnMethodEnter
  @Advice.AssignReturned.ToFields(
      @Advice.AssignReturned.ToFields.ToField(
          value = "localEndStream",
          index = 0,
          typing = Assigner.Typing.DYNAMIC))
  public static Object @Nullable [] enter(@Advice.FieldValue("localEndStream") boolean ended) {
    return ended && AttemptOperation.isStopping() ? NOT_ENDED.clone() : null;
  }
}
