package io.selvage.instrumentation.jdbc;

import java.sql.Driver;
import java.util.Properties;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.asm.Advice.AssignReturned.ToReturned;
import net.bytebuddy.asm.Advice.AssignReturned.ToThrown;
import net.bytebuddy.implementation.bytecode.assign.Assigner.Typing;
import org.jspecify.annotations.Nullable;

/** {@code Driver.connect}: a database with a policy is connected to as that says. */
public final class DriverConnectAdvice {
  private DriverConnectAdvice() {}

  /**
   * @return null when the driver connects by itself; else a mark, the connection and what is thrown
   */
  @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class, skipOnIndex = 0)
  public static @Nullable Object @Nullable [] enter(
      @Advice.This Object driver,
      @Advice.Argument(0) @Nullable String url,
      @Advice.Argument(1) @Nullable Properties info) {
    return DatabaseConnect.enter((Driver) driver, url, info);
  }

  /**
   * @return null when nothing changes
   */
  @Advice.OnMethodExit(onThrowable = Throwable.class)
  @ToReturned(index = 1, typing = Typing.DYNAMIC)
  @ToThrown(index = 2, typing = Typing.DYNAMIC)
  public static @Nullable Object @Nullable [] exit(
      @Advice.Enter @Nullable Object @Nullable [] entered) {
    return entered;
  }
}
