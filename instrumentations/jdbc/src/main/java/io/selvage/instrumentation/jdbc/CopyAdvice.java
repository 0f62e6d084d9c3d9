package io.selvage.instrumentation.jdbc;

import java.sql.Connection;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.asm.Advice.AssignReturned.ToThrown;
import net.bytebuddy.implementation.bytecode.assign.Assigner.Typing;
import org.jspecify.annotations.Nullable;

/** The start of a {@code COPY} through PostgreSQL's {@code CopyManager}. */
public final class CopyAdvice {
  private CopyAdvice() {}

  /** See {@link StatementAdvice#enter}. */
  @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class, skipOnIndex = 1)
  public static @Nullable Object @Nullable [] enter(
      @Advice.FieldValue(value = "connection", typing = Typing.DYNAMIC) Object connection,
      @Advice.Argument(0) String sql) {
    return StatementExchange.enter((Connection) connection, sql);
  }

  /** See {@link StatementAdvice#exit}. */
  @Advice.OnMethodExit(onThrowable = Throwable.class)
  @ToThrown(typing = Typing.DYNAMIC)
  public static @Nullable Throwable exit(
      @Advice.Enter @Nullable Object @Nullable [] entered,
      @Advice.Thrown @Nullable Throwable thrown) {
    return StatementExchange.exit(entered, null, thrown);
  }
}
