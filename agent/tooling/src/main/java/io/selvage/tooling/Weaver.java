package io.selvage.tooling;

import java.lang.instrument.ClassFileTransformer;
import java.lang.ref.SoftReference;
import java.security.ProtectionDomain;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.function.Predicate;
import net.bytebuddy.ByteBuddy;
import net.bytebuddy.asm.AsmVisitorWrapper;
import net.bytebuddy.description.method.MethodDescription;
import net.bytebuddy.description.type.TypeDescription;
import net.bytebuddy.dynamic.ClassFileLocator;
import net.bytebuddy.dynamic.DynamicType;
import net.bytebuddy.dynamic.TypeResolutionStrategy;
import net.bytebuddy.dynamic.scaffold.MethodGraph;
import net.bytebuddy.dynamic.scaffold.TypeValidation;
import net.bytebuddy.implementation.Implementation;
import net.bytebuddy.matcher.ElementMatcher;
import net.bytebuddy.pool.TypePool;
import org.jspecify.annotations.Nullable;

/**
 * The class file transformer: one hash lookup for each class that is loaded, Byte Buddy only for
 * those that have seams.
 *
 * <p>Never throws and never loads a class of the application. Advice that cannot be placed is
 * reported and left out; the others of that class are placed all the same.
 */
final class Weaver implements ClassFileTransformer {
  private static final int MISSING_SHOWN = 5;
  private static final ClassLoader PLATFORM = ClassLoader.getPlatformClassLoader();

  private final @Nullable ClassLoader hidden;
  private final SeamIndex index;
  private final ReferenceCheck check;
  private final AdviceMaker maker;
  private final WeaveReport report;
  private final ByteBuddy byteBuddy =
      new ByteBuddy()
          .with(TypeValidation.DISABLED)
          .with(MethodGraph.Compiler.ForDeclaredMethods.INSTANCE)
          .with(Implementation.Context.Disabled.Factory.INSTANCE);
  private final Map<ClassLoader, SoftReference<LoaderView>> views = new WeakHashMap<>();

  /**
   * Makes a transformer.
   *
   * @param hidden a loader whose classes are left alone: the agent's, which may bundle the very
   *     libraries that are woven; {@code null} in a test, where the agent is the application
   */
  Weaver(
      SeamIndex index,
      ReferenceCheck check,
      AdviceMaker maker,
      WeaveReport report,
      @Nullable ClassLoader hidden) {
    this.hidden = hidden;
    this.index = index;
    this.check = check;
    this.maker = maker;
    this.report = report;
  }

  @Override
  public byte @Nullable [] transform(
      @Nullable ClassLoader loader,
      @Nullable String name,
      @Nullable Class<?> redefined,
      @Nullable ProtectionDomain domain,
      byte[] code) {
    if (name == null
        || loader instanceof InstrumentationLoader
        || loader != null && loader == hidden) {
      return null;
    }
    try {
      List<SeamIndex.Hit> hits = index.find(name);
      return hits.isEmpty() ? null : weave(hits, loader, name.replace('/', '.'), domain, code);
    } catch (Throwable e) { // the JVM would swallow it without a word
      return failed(name, e);
    }
  }

  private byte @Nullable [] failed(String name, Throwable e) {
    try {
      for (SeamIndex.Hit hit : index.find(name)) {
        for (Seam seam : hit.seams()) {
          fault(hit, seam, "weaving failed: " + e);
        }
      }
    } catch (Throwable secondary) {
      e.addSuppressed(secondary);
    }
    return null;
  }

  private byte @Nullable [] weave(
      List<SeamIndex.Hit> hits,
      @Nullable ClassLoader loader,
      String name,
      @Nullable ProtectionDomain domain,
      byte[] code) {
    LoaderView view = view(loader);
    ClassFileLocator itself = ClassFileLocator.Simple.of(name, code);
    TypePool pool = view.typesWith(itself, new Named(name));
    TypeDescription type = pool.describe(name).resolve();
    var placed = new ArrayList<Placed>();
    DynamicType.Builder<?> builder = byteBuddy.decorate(type, itself);
    int version = RaiseClassFile.versionOf(code);
    if (version < RaiseClassFile.FIRST_WITH_INVOKEDYNAMIC) {
      builder = builder.visit(new RaiseClassFile(version));
    }
    for (SeamIndex.Hit hit : hits) {
      for (Seam seam : fits(hit, view, domain) ? hit.seams() : List.<Seam>of()) {
        AsmVisitorWrapper advice = place(hit, seam, view, type, domain);
        if (advice != null) {
          builder = builder.visit(advice);
          placed.add(new Placed(hit, seam));
        }
      }
    }
    if (placed.isEmpty()) {
      return null;
    }
    byte[] woven = builder.make(TypeResolutionStrategy.Disabled.INSTANCE, pool).getBytes();
    for (Placed each : placed) {
      report.woven(each.hit.file(), each.seam, name, domain);
    }
    return woven;
  }

  private record Placed(SeamIndex.Hit hit, Seam seam) {}

  private record Named(String name) implements Predicate<String> {
    @Override
    public boolean test(String other) {
      return name.equals(other);
    }
  }

  /** The methods that a seam means. */
  private record Meant(Seam seam, Relocation relocation)
      implements ElementMatcher<MethodDescription> {
    @Override
    public boolean matches(@Nullable MethodDescription method) {
      return method != null && seam.method().matches(method, relocation);
    }
  }

  private boolean fits(SeamIndex.Hit hit, LoaderView view, @Nullable ProtectionDomain domain) {
    if (hit.file().library().isJdk()) {
      return true; // whether a method is there is seen when the advice is placed
    }
    List<String> missing = view.missing(hit.file(), hit.relocation(), check);
    if (missing.isEmpty()) {
      return true;
    }
    int more = missing.size() - MISSING_SHOWN;
    String reason =
        "the library lacks "
            + String.join(", ", missing.subList(0, Math.min(MISSING_SHOWN, missing.size())))
            + (more > 0 ? " and " + more + " more" : "");
    for (Seam seam : hit.seams()) {
      report.refused(hit.file(), seam, hit.target().replace('/', '.'), domain, reason);
    }
    return false;
  }

  private @Nullable AsmVisitorWrapper place(
      SeamIndex.Hit hit,
      Seam seam,
      LoaderView view,
      TypeDescription type,
      @Nullable ProtectionDomain domain) {
    try {
      var meant = new Meant(seam, hit.relocation());
      if (type.getDeclaredMethods().filter(meant).isEmpty()) {
        if (!seam.optional()) {
          report.refused(
              hit.file(), seam, type.getName(), domain, "the class has no method " + seam.method());
        }
        return null;
      }
      return view.advice(hit, seam, maker).on(meant);
    } catch (RuntimeException | LinkageError e) {
      fault(hit, seam, "the advice cannot be placed: " + e);
      return null;
    }
  }

  private void fault(SeamIndex.Hit hit, Seam seam, String reason) {
    report.failed(
        hit.file(), hit.target().replace('/', '.'), seam.advice(), seam.security(), reason);
  }

  /** What is known of a loader; the boot and the platform loader share one. */
  private LoaderView view(@Nullable ClassLoader loader) {
    ClassLoader key = loader == null ? PLATFORM : loader;
    synchronized (views) {
      SoftReference<LoaderView> reference = views.get(key);
      LoaderView view = reference == null ? null : reference.get();
      if (view == null) {
        view = new LoaderView(loader);
        views.put(key, new SoftReference<>(view));
      }
      return view;
    }
  }
}
