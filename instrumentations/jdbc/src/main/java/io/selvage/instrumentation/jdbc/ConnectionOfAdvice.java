package io.selvage.instrumentation.jdbc;

import java.sql.Connection;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.asm.Advice.AssignReturned.ToReturned;
import net.bytebuddy.implementation.bytecode.assign.Assigner.Typing;
import org.jspecify.annotations.Nullable;

/**
 * {@code getConnection} of a driver's statements and metadata: the connection that the application
 * holds, where that is another than the driver's.
 */
public final class ConnectionOfAdvice {
  private ConnectionOfAdvice() {}

  /**
   * @return null when nothing changes
   */
  @Advice.OnMethodExit
  @ToReturned(typing = Typing.DYNAMIC)
  public static @Nullable Object exit(
      @Advice.Return(typing = Typing.DYNAMIC) @Nullable Object returned) {
    return returned instanceof Connection physical && !StatementExchange.isInside()
        ? DatabaseLinks.held(physical)
        : null;
  }
}
