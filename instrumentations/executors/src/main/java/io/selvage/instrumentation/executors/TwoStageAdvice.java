package io.selvage.instrumentation.executors;

import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import net.bytebuddy.asm.Advice;
import org.jspecify.annotations.Nullable;

/** As {@link StageAdvice}, for steps that depend on two stages: the step is the third argument. */
public final class TwoStageAdvice {
  private TwoStageAdvice() {}

  /** The step is a {@link Function}. */
  public static final class OfFunction {
    private OfFunction() {}

    @Advice.OnMethodEnter
    @Advice.AssignReturned.ToArguments(@Advice.AssignReturned.ToArguments.ToArgument(2))
    public static @Nullable Function<?, ?> enter(
        @Advice.Argument(2) @Nullable Function<?, ?> step) {
      return Carried.by(step);
    }
  }

  /** The step is a {@link Consumer}. */
  public static final class OfConsumer {
    private OfConsumer() {}

    @Advice.OnMethodEnter
    @Advice.AssignReturned.ToArguments(@Advice.AssignReturned.ToArguments.ToArgument(2))
    public static @Nullable Consumer<?> enter(@Advice.Argument(2) @Nullable Consumer<?> step) {
      return Carried.by(step);
    }
  }

  /** The step is a {@link Runnable}. */
  public static final class OfRunnable {
    private OfRunnable() {}

    @Advice.OnMethodEnter
    @Advice.AssignReturned.ToArguments(@Advice.AssignReturned.ToArguments.ToArgument(2))
    public static @Nullable Runnable enter(@Advice.Argument(2) @Nullable Runnable step) {
      return Carried.by(step);
    }
  }

  /** The step is a {@link BiConsumer}. */
  public static final class OfBiConsumer {
    private OfBiConsumer() {}

    @Advice.OnMethodEnter
    @Advice.AssignReturned.ToArguments(@Advice.AssignReturned.ToArguments.ToArgument(2))
    public static @Nullable BiConsumer<?, ?> enter(
        @Advice.Argument(2) @Nullable BiConsumer<?, ?> step) {
      return Carried.by(step);
    }
  }

  /** The step is a {@link BiFunction}. */
  public static final class OfBiFunction {
    private OfBiFunction() {}

    @Advice.OnMethodEnter
    @Advice.AssignReturned.ToArguments(@Advice.AssignReturned.ToArguments.ToArgument(2))
    public static @Nullable BiFunction<?, ?, ?> enter(
        @Advice.Argument(2) @Nullable BiFunction<?, ?, ?> step) {
      return Carried.by(step);
    }
  }
}
