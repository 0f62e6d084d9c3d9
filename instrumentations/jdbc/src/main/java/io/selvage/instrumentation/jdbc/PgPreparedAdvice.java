package io.selvage.instrumentation.jdbc;

import java.sql.Statement;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.asm.Advice.AssignReturned.ToThrown;
import net.bytebuddy.implementation.bytecode.assign.Assigner.Typing;
import org.jspecify.annotations.Nullable;
import org.postgresql.core.CachedQuery;

/** Each {@code execute…} of a prepared statement of PostgreSQL's driver, which knows its text. */
public final class PgPreparedAdvice {
  private PgPreparedAdvice() {}

  /** See {@link StatementAdvice#enter}. */
  @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class, skipOnIndex = 1)
  public static @Nullable Object @Nullable [] enter(
      @Advice.This Object statement,
      @Advice.Origin("#m") String method,
      @Advice.FieldValue("preparedQuery") CachedQuery query) {
    return StatementExchange.enter(
        (Statement) statement, query.query.getNativeSql(), method.endsWith("Batch"));
  }

  /** See {@link StatementAdvice#exit}. */
  @Advice.OnMethodExit(onThrowable = Throwable.class)
  @ToThrown(typing = Typing.DYNAMIC)
  public static @Nullable Throwable exit(
      @Advice.Enter @Nullable Object @Nullable [] entered,
      @Advice.Return(typing = Typing.DYNAMIC) @Nullable Object returned,
      @Advice.Thrown @Nullable Throwable thrown) {
    return StatementExchange.exit(entered, returned, thrown);
  }
}
