package java.lang;

import java.lang.invoke.CallSite;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * Bootstrap method of every woven call site: the one class that the agent gives to the boot loader.
 *
 * <p>It lives in {@code java.lang} so that each class loader finds it, also those that filter
 * packages, and so that a {@code Lookup} into {@code java.lang} can define it: the boot class path
 * stays as it was, which keeps the application's class-data sharing. It has no nested class and no
 * dependency, so one definition is enough.
 */
public final class SelvageDispatch {
  /**
   * Links a call site; of type {@code (Lookup,String,MethodType,Object[])CallSite}. Set once, by
   * the agent, before the first class is woven.
   */
  public static volatile MethodHandle linker;

  private SelvageDispatch() {}

  /**
   * Links one call site by asking the agent.
   *
   * @param caller full-power lookup of the woven class
   * @param name the advice method's name
   * @param type what the call site passes and expects
   * @param args constants that the weaver put there
   */
  public static CallSite link(
      MethodHandles.Lookup caller, String name, MethodType type, Object... args) throws Throwable {
    return (CallSite) linker.invokeExact(caller, name, type, args);
  }
}
