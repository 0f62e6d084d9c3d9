package io.selvage.instrumentation.jdbc;

import java.sql.Statement;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.asm.Advice.AssignReturned.ToThrown;
import net.bytebuddy.implementation.bytecode.assign.Assigner.Typing;
import org.jspecify.annotations.Nullable;

/** Each {@code execute…} of a driver's statement. */
public final class StatementAdvice {
  private StatementAdvice() {}

  /**
   * @return null when the mesh stands aside; else the call and, when the statement must not run, a
   *     mark
   */
  @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class, skipOnIndex = 1)
  public static @Nullable Object @Nullable [] enter(
      @Advice.This Object statement,
      @Advice.Origin("#m") String method,
      @Advice.AllArguments @Nullable Object[] arguments) {
    String sql = arguments.length > 0 && arguments[0] instanceof String text ? text : null;
    return StatementExchange.enter((Statement) statement, sql, method.endsWith("Batch"));
  }

  /**
   * @return what is thrown instead of an answer; null = nothing changes
   */
  @Advice.OnMethodExit(onThrowable = Throwable.class)
  @ToThrown(typing = Typing.DYNAMIC)
  public static @Nullable Throwable exit(
      @Advice.Enter @Nullable Object @Nullable [] entered,
      @Advice.Return(typing = Typing.DYNAMIC) @Nullable Object returned,
      @Advice.Thrown @Nullable Throwable thrown) {
    return StatementExchange.exit(entered, returned, thrown);
  }
}
