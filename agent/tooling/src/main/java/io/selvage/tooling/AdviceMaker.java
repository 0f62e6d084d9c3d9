package io.selvage.tooling;

import java.io.IOException;
import java.lang.reflect.Method;
import java.util.List;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.description.method.MethodDescription;
import net.bytebuddy.description.type.TypeDescription;
import net.bytebuddy.dynamic.ClassFileLocator;
import net.bytebuddy.implementation.bytecode.StackManipulation;
import net.bytebuddy.implementation.bytecode.member.MethodInvocation;
import net.bytebuddy.pool.TypePool;

/**
 * Makes Byte Buddy advice that is not inlined but linked through the dispatcher. Reads class files;
 * loads no advice.
 */
final class AdviceMaker {
  /** Name of the call site that hears of advice that threw; no Java method can be called so. */
  static final String FAULT = "-fault";

  private static final TypeDescription THROWABLE =
      TypeDescription.ForLoadedType.of(Throwable.class);

  private final ClassLoader agent;
  private final MethodDescription.InDefinedShape link;

  AdviceMaker(ClassLoader agent, Method link) {
    this.agent = agent;
    this.link = new MethodDescription.ForLoadedMethod(link);
  }

  /**
   * Makes the advice of one seam for one application loader.
   *
   * @throws RuntimeException if the class is no advice, or uses what linked advice cannot
   */
  Advice make(SeamIndex.Hit hit, Seam seam, LoaderView view) {
    ClassFileLocator own = new OfAgent(hit);
    TypePool types = view.typesWith(own, name -> ofAgent(hit, name));
    List<net.bytebuddy.utility.JavaConstant> constants =
        CallSiteConstants.of(hit, seam, "").constants();
    return Advice.withCustomMapping()
        .with(new Advice.AssignReturned.Factory().withSuppressed(THROWABLE))
        .bootstrap(link, (advice, exit) -> (type, method) -> constants, Erase.INSTANCE)
        .to(types.describe(seam.advice()).resolve(), own)
        .withExceptionHandler((method, type) -> onFault(hit, seam, method));
  }

  private StackManipulation onFault(SeamIndex.Hit hit, Seam seam, MethodDescription method) {
    return MethodInvocation.invoke(link)
        .dynamic(
            FAULT,
            TypeDescription.ForLoadedType.of(void.class),
            List.of(THROWABLE),
            CallSiteConstants.of(hit, seam, thrownBy(method)).constants());
  }

  private static String thrownBy(MethodDescription method) {
    for (TypeDescription thrown : method.getExceptionTypes().asErasures()) {
      switch (thrown.getName()) {
        case "java.io.IOException", "java.lang.Exception", "java.lang.Throwable" -> {
          return "io";
        }
        case "java.sql.SQLException" -> {
          return "sql";
        }
        default -> {}
      }
    }
    return "";
  }

  private static boolean ofAgent(SeamIndex.Hit hit, String name) {
    return hit.file().owns(name)
        || name.startsWith("io.selvage.")
        || name.startsWith("net.bytebuddy.");
  }

  /** Class files of the instrumentation and of the agent. */
  private final class OfAgent implements ClassFileLocator {
    private final SeamIndex.Hit hit;

    OfAgent(SeamIndex.Hit hit) {
      this.hit = hit;
    }

    @Override
    public Resolution locate(String name) {
      byte[] code = ofAgent(hit, name) ? ClassFiles.read(agent, name) : null;
      if (code == null) {
        return new Resolution.Illegal(name);
      }
      return new Resolution.Explicit(
          hit.file().owns(name) ? AdviceClassFile.withDefaults(hit.relocation().map(code)) : code);
    }

    @Override
    public void close() throws IOException {}
  }
}
