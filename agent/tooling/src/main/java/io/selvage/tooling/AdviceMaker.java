package io.selvage.tooling;

import java.io.IOException;
import java.lang.reflect.Method;
import java.util.List;
import java.util.function.Predicate;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.description.method.MethodDescription;
import net.bytebuddy.description.type.TypeDescription;
import net.bytebuddy.dynamic.ClassFileLocator;
import net.bytebuddy.implementation.bytecode.StackManipulation;
import net.bytebuddy.implementation.bytecode.member.MethodInvocation;
import net.bytebuddy.pool.TypePool;
import net.bytebuddy.utility.JavaConstant;

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
    TypePool types = view.typesWith(own, new IsOfAgent(hit));
    return Advice.withCustomMapping()
        .with(new Advice.AssignReturned.Factory().withSuppressed(THROWABLE))
        .bootstrap(
            link, new Constants(CallSiteConstants.of(hit, seam, "").constants()), Erase.INSTANCE)
        .to(types.describe(seam.advice()).resolve(), own)
        .withExceptionHandler(new OnFault(hit, seam));
  }

  /** What each call site of an advice is given. */
  private record Constants(List<JavaConstant> constants)
      implements Advice.BootstrapArgumentResolver.Factory, Advice.BootstrapArgumentResolver {
    @Override
    public Advice.BootstrapArgumentResolver resolve(
        MethodDescription.InDefinedShape advice, boolean exit) {
      return this;
    }

    @Override
    public List<JavaConstant> resolve(TypeDescription type, MethodDescription method) {
      return constants;
    }
  }

  /** What a woven method does with a throwable of its advice. */
  private final class OnFault implements Advice.ExceptionHandler {
    private final SeamIndex.Hit hit;
    private final Seam seam;

    OnFault(SeamIndex.Hit hit, Seam seam) {
      this.hit = hit;
      this.seam = seam;
    }

    @Override
    public StackManipulation resolve(MethodDescription method, TypeDescription type) {
      return MethodInvocation.invoke(link)
          .dynamic(
              FAULT,
              TypeDescription.ForLoadedType.of(void.class),
              List.of(THROWABLE),
              CallSiteConstants.of(hit, seam, thrownBy(method)).constants());
    }
  }

  private record IsOfAgent(SeamIndex.Hit hit) implements Predicate<String> {
    @Override
    public boolean test(String name) {
      return ofAgent(hit, name);
    }
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
