package io.selvage.tooling;

import java.lang.instrument.ClassFileTransformer;
import java.lang.ref.SoftReference;
import java.security.ProtectionDomain;
import java.util.ArrayList;
import java.util.LinkedHashMap;
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
    report.seen(name);
    LoaderView view = view(loader);
    ClassFileLocator itself = ClassFileLocator.Simple.of(name, code);
    TypePool pool = view.typesWith(itself, new Named(name));
    TypeDescription type = pool.describe(name).resolve();
    var placements = new ArrayList<Placement>();
    for (SeamIndex.Hit hit : hits) {
      if (fits(hit, view, domain)) {
        for (List<Seam> seams : byAdvice(hit, type, domain)) {
          place(hit, seams, view, placements);
        }
      }
    }
    if (placements.isEmpty()) {
      return null;
    }
    byte[] woven = makeWhatCanBeMade(type, itself, pool, code, placements);
    for (Placement each : placements) {
      for (Seam seam : each.seams) {
        report.woven(each.hit.file(), seam, name, domain);
      }
    }
    return woven;
  }

  /**
   * One advice in one class, for all seams that name it: two patterns that mean one method must not
   * place it twice.
   */
  private record Placement(SeamIndex.Hit hit, List<Seam> seams, AsmVisitorWrapper visitor) {}

  /** One advice that does not fit its methods must not take down the others of the class. */
  private byte @Nullable [] makeWhatCanBeMade(
      TypeDescription type,
      ClassFileLocator itself,
      TypePool pool,
      byte[] code,
      List<Placement> placements) {
    try {
      return make(type, itself, pool, code, placements);
    } catch (RuntimeException | LinkageError together) {
      for (Placement each : List.copyOf(placements)) {
        try {
          make(type, itself, pool, code, List.of(each));
        } catch (RuntimeException | LinkageError alone) {
          placements.remove(each);
          for (Seam seam : each.seams) {
            fault(each.hit, seam, "the advice cannot be placed: " + alone);
          }
        }
      }
      return placements.isEmpty() ? null : make(type, itself, pool, code, placements);
    }
  }

  private byte[] make(
      TypeDescription type,
      ClassFileLocator itself,
      TypePool pool,
      byte[] code,
      List<Placement> placements) {
    DynamicType.Builder<?> builder = byteBuddy.decorate(type, itself);
    int version = RaiseClassFile.versionOf(code);
    if (version < RaiseClassFile.FIRST_WITH_INVOKEDYNAMIC) {
      builder = builder.visit(new RaiseClassFile(version));
    }
    for (Placement each : placements) {
      builder = builder.visit(each.visitor);
    }
    return builder.make(TypeResolutionStrategy.Disabled.INSTANCE, pool).getBytes();
  }

  private record Named(String name) implements Predicate<String> {
    @Override
    public boolean test(String other) {
      return name.equals(other);
    }
  }

  /** The methods that any of the seams means. */
  private record Meant(List<Seam> seams, Relocation relocation)
      implements ElementMatcher<MethodDescription> {
    @Override
    public boolean matches(@Nullable MethodDescription method) {
      if (method == null) {
        return false;
      }
      for (Seam seam : seams) {
        if (seam.method().matches(method, relocation)) {
          return true;
        }
      }
      return false;
    }
  }

  private boolean fits(SeamIndex.Hit hit, LoaderView view, @Nullable ProtectionDomain domain) {
    if (hit.file().library().isJdk()) {
      return true; // whether a method is there is seen when the advice is placed
    }
    if (!hasNeeds(hit, view)) {
      return false;
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

  /**
   * Whether the instrumentation is one for what that loader has; it may have no part to play, or be
   * refused.
   */
  boolean appliesTo(SeamIndex.Hit hit, @Nullable ClassLoader loader) {
    LoaderView view = view(loader);
    return hit.file().library().isJdk()
        || hasNeeds(hit, view) && view.missing(hit.file(), hit.relocation(), check).isEmpty();
  }

  /**
   * An instrumentation of a part of a library that is not there is not at fault: it has nothing to
   * do.
   */
  private static boolean hasNeeds(SeamIndex.Hit hit, LoaderView view) {
    for (String need : hit.file().needs()) {
      if (ModuleLayer.boot().findModule(need).isEmpty()
          && !view.types().describe(hit.relocation().mapDotted(need)).isResolved()) {
        return false;
      }
    }
    return true;
  }

  /** The seams whose methods the class has, together by advice; what it lacks is reported. */
  private Iterable<List<Seam>> byAdvice(
      SeamIndex.Hit hit, TypeDescription type, @Nullable ProtectionDomain domain) {
    Map<String, List<Seam>> byAdvice = new LinkedHashMap<>();
    for (Seam seam : hit.seams()) {
      if (!type.getDeclaredMethods().filter(new Meant(List.of(seam), hit.relocation())).isEmpty()) {
        String key = seam.advice() + " " + seam.security();
        List<Seam> seams = byAdvice.get(key);
        if (seams == null) {
          seams = new ArrayList<>(2);
          byAdvice.put(key, seams);
        }
        seams.add(seam);
      } else if (!seam.optional()) {
        report.refused(
            hit.file(), seam, type.getName(), domain, "the class has no method " + seam.method());
      }
    }
    return byAdvice.values();
  }

  private void place(
      SeamIndex.Hit hit, List<Seam> seams, LoaderView view, List<Placement> placements) {
    try {
      AsmVisitorWrapper visitor =
          view.advice(hit, seams.get(0), maker).on(new Meant(seams, hit.relocation()));
      placements.add(new Placement(hit, seams, visitor));
    } catch (RuntimeException | LinkageError e) {
      for (Seam seam : seams) {
        fault(hit, seam, "the advice cannot be placed: " + e);
      }
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
