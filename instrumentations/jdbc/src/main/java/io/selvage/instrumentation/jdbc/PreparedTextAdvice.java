package io.selvage.instrumentation.jdbc;

import java.sql.Statement;
import net.bytebuddy.asm.Advice;

/**
 * Remembers the text that a statement was prepared from, for drivers that do not show it again
 * without its values.
 */
public final class PreparedTextAdvice {
  private PreparedTextAdvice() {}

  @Advice.OnMethodExit
  public static void exit(@Advice.This Object statement, @Advice.Argument(1) String sql) {
    PreparedTexts.put((Statement) statement, sql);
  }
}
