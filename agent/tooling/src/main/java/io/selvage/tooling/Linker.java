package io.selvage.tooling;

import java.lang.invoke.CallSite;
import java.lang.invoke.ConstantCallSite;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.MutableCallSite;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Links the call sites of woven classes to advice methods. Thread-safe.
 *
 * <p>Never throws: a link that fails is reported, and the call site gets a no-op, or for a security
 * seam a refusal. Linking may run into a woven method and so into the link that is under way; the
 * JVM keeps the call site that is finished first, so the inner one gets a call site that does
 * nothing until the outer link gives it its target.
 */
final class Linker {
  private final SeamIndex index;
  private final InstrumentationLoaders loaders;
  private final DefineInside inside;
  private final ModuleExports exports;
  private final WeaveReport report;
  private final ThreadLocal<List<Link>> underWay = new ThreadLocal<>();
  private final Map<String, MethodHandle> prelinked = new ConcurrentHashMap<>();

  private static final class Link {
    final CallSiteConstants constants;
    final String name;
    final @Nullable ClassLoader loader;
    final List<MutableCallSite> waiting = new ArrayList<>(1);

    Link(CallSiteConstants constants, String name, @Nullable ClassLoader loader) {
      this.constants = constants;
      this.name = name;
      this.loader = loader;
    }

    boolean same(Link other) {
      return loader == other.loader
          && name.equals(other.name)
          && constants.advice().equals(other.constants.advice())
          && constants.prefix().equals(other.constants.prefix());
    }
  }

  Linker(
      SeamIndex index,
      InstrumentationLoaders loaders,
      DefineInside inside,
      ModuleExports exports,
      WeaveReport report) {
    this.index = index;
    this.loaders = loaders;
    this.inside = inside;
    this.exports = exports;
    this.report = report;
  }

  /** The handle for the dispatcher. */
  MethodHandle handle() {
    try {
      return MethodHandles.lookup()
          .findVirtual(
              Linker.class,
              "link",
              MethodType.methodType(
                  CallSite.class,
                  MethodHandles.Lookup.class,
                  String.class,
                  MethodType.class,
                  Object[].class))
          .bindTo(this);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  @SuppressWarnings("unused") // by method handle
  private CallSite link(MethodHandles.Lookup caller, String name, MethodType type, Object[] args) {
    CallSiteConstants constants = CallSiteConstants.read(args);
    try {
      SeamFile file = index.file(constants.instrumentation());
      if (file == null) {
        throw new IllegalStateException(
            "instrumentation " + constants.instrumentation() + " is not installed");
      }
      return name.equals(AdviceMaker.FAULT)
          ? onFault(caller, constants, file)
          : advice(caller, name, type, constants, file);
    } catch (Throwable e) { // whatever it is, the application goes on as the seam chose
      return fallback(name, type, constants, e);
    }
  }

  private CallSite advice(
      MethodHandles.Lookup caller,
      String name,
      MethodType type,
      CallSiteConstants constants,
      SeamFile file)
      throws ReflectiveOperationException {
    var link = new Link(constants, name, caller.lookupClass().getClassLoader());
    List<Link> links = underWay.get();
    if (links == null) {
      links = new ArrayList<>(2);
      underWay.set(links);
    }
    for (Link outer : links) {
      if (outer.same(link)) {
        var site = new MutableCallSite(MethodHandles.empty(type));
        outer.waiting.add(site);
        return site;
      }
    }
    links.add(link);
    try {
      Relocation relocation = new Relocation(constants.prefix(), file.relocatable());
      MethodHandle handle = resolve(caller, name, file, relocation, constants.advice());
      Hook hook = loaders.of(file, relocation, link.loader).hook(constants, report);
      var site = new MutableCallSite(handle.asType(type));
      hook.linked(site);
      repair(link, handle, hook);
      report.linked(file, constants.target(), constants.advice(), constants.security());
      return site;
    } finally {
      links.remove(link);
      if (links.isEmpty()) {
        underWay.remove();
      }
    }
  }

  private static void repair(Link link, MethodHandle handle, Hook hook) {
    if (!link.waiting.isEmpty()) {
      for (MutableCallSite site : link.waiting) {
        site.setTarget(handle.asType(site.type()));
        hook.linked(site);
      }
      MutableCallSite.syncAll(link.waiting.toArray(MutableCallSite[]::new));
    }
  }

  private MethodHandle resolve(
      MethodHandles.Lookup caller, String name, SeamFile file, Relocation relocation, String advice)
      throws ReflectiveOperationException {
    ClassLoader application = caller.lookupClass().getClassLoader();
    if (application == null) {
      MethodHandle ready = prelinked.get(advice + "#" + name);
      if (ready != null) {
        return ready;
      }
    }
    inside.define(file, relocation, caller);
    ClassLoader instrumentation = loaders.of(file, relocation, application);
    exports.to(instrumentation, file, relocation, caller.lookupClass());
    return find(instrumentation, advice, name);
  }

  private static MethodHandle find(ClassLoader loader, String advice, String name)
      throws ReflectiveOperationException {
    Class<?> type = Class.forName(advice, true, loader);
    for (Method method : type.getMethods()) {
      if (method.getName().equals(name) && Modifier.isStatic(method.getModifiers())) {
        return MethodHandles.publicLookup().unreflect(method);
      }
    }
    throw new NoSuchMethodException(
        advice + " has no public static method " + name + ", or is not public itself");
  }

  /**
   * Resolves the advice of a target of the boot loader ahead, so that linking it is a lookup and
   * cannot run into woven methods. If that fails, the report says why.
   */
  void prelink(SeamFile file, Seam seam) {
    try {
      Class<?> type = Class.forName(seam.advice(), true, loaders.of(file, Relocation.NONE, null));
      for (Method method : type.getMethods()) {
        if (Modifier.isStatic(method.getModifiers()) && method.getDeclaringClass() == type) {
          prelinked.put(
              seam.advice() + "#" + method.getName(),
              MethodHandles.publicLookup().unreflect(method));
        }
      }
    } catch (ReflectiveOperationException | LinkageError e) {
      report.failed(
          file, seam.target(), seam.advice(), seam.security(), "the advice cannot be loaded: " + e);
    }
  }

  private CallSite onFault(MethodHandles.Lookup caller, CallSiteConstants constants, SeamFile file)
      throws ReflectiveOperationException {
    var relocation = new Relocation(constants.prefix(), file.relocatable());
    Hook hook =
        loaders.of(file, relocation, caller.lookupClass().getClassLoader()).hook(constants, report);
    return new ConstantCallSite(hook.onFault(constants.thrown()));
  }

  private CallSite fallback(
      String name, MethodType type, CallSiteConstants constants, Throwable e) {
    String reason = "a call site cannot be linked: " + e;
    SeamFile file = index.file(constants.instrumentation());
    if (file != null) {
      report.failed(file, constants.target(), constants.advice(), constants.security(), reason);
    }
    if (!constants.security()) {
      return new ConstantCallSite(MethodHandles.empty(type));
    }
    if (name.equals(AdviceMaker.FAULT)) {
      return new ConstantCallSite(MethodHandles.throwException(void.class, Throwable.class));
    }
    MethodHandle refuse =
        MethodHandles.throwException(type.returnType(), LinkRefusedException.class)
            .bindTo(new LinkRefusedException(reason));
    return new ConstantCallSite(MethodHandles.dropArguments(refuse, 0, type.parameterList()));
  }

  /**
   * Thrown into a security seam whose advice could not be linked; the fault's call site turns it
   * into a refusal.
   */
  static final class LinkRefusedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    LinkRefusedException(String reason) {
      super(reason, null, false, false);
    }
  }
}
