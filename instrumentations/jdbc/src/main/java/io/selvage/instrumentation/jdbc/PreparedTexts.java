package io.selvage.instrumentation.jdbc;

import java.sql.Statement;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Texts of prepared statements by statement. Weak, and of statements of this application's loader
 * only. Any thread.
 */
final class PreparedTexts {
  private static final Map<Statement, String> TEXTS =
      Collections.synchronizedMap(new WeakHashMap<>());

  private PreparedTexts() {}

  static void put(Statement statement, String sql) {
    TEXTS.put(statement, sql);
  }

  static @Nullable String of(Statement statement) {
    return TEXTS.get(statement);
  }
}
