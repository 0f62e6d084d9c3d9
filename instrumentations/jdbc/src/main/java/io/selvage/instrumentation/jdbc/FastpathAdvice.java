package io.selvage.instrumentation.jdbc;

import java.sql.Connection;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.asm.Advice.AssignReturned.ToThrown;
import net.bytebuddy.implementation.bytecode.assign.Assigner.Typing;
import org.jspecify.annotations.Nullable;

/** A call by number through PostgreSQL's fast path (large objects): which function is not known. */
public final class FastpathAdvice {
  private FastpathAdvice() {}

  /** See {@link StatementAdvice#enter}. */
  @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class, skipOnIndex = 1)
  public static @Nullable Object @Nullable [] enter(
      @Advice.FieldValue(value = "connection", typing = Typing.DYNAMIC) Object connection) {
    return StatementExchange.enter((Connection) connection, "CALL fastpath");
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
