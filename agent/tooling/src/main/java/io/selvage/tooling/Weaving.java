package io.selvage.tooling;

import java.lang.instrument.Instrumentation;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Weaving as it is installed in this JVM: the entry for the agent and for tests. Thread-safe.
 *
 * <p>Installing puts the dispatcher into the boot loader, adds the transformer, and retransforms
 * the targets that are loaded already; targets in the JDK are loaded for that, unless their
 * instrumentation says {@code needs}. The agent's classes and seam declarations are resources of
 * the agent loader.
 */
public final class Weaving {
  /** Resource with every seam declaration of the shipped agent, written when the agent is built. */
  public static final String INDEX = "META-INF/selvage/seams.index";

  private final Instrumentation inst;
  private final SeamIndex index;
  private final Dispatcher dispatcher;
  private final Linker linker;
  private final WeaveReport report;

  private Weaving(
      Instrumentation inst,
      SeamIndex index,
      Dispatcher dispatcher,
      Linker linker,
      WeaveReport report) {
    this.inst = inst;
    this.index = index;
    this.dispatcher = dispatcher;
    this.linker = linker;
    this.report = report;
  }

  /**
   * Reads the declarations of the shipped agent.
   *
   * @throws IllegalStateException if the agent was built without them
   * @throws IllegalArgumentException if one cannot be read
   */
  public static List<SeamFile> shipped(ClassLoader agent) {
    byte[] text = ClassFiles.resource(agent, INDEX);
    if (text == null) {
      throw new IllegalStateException(
          "[SELV-2006] the agent has no "
              + INDEX
              + ". Fix: use an agent jar that was built completely");
    }
    return SeamFileParser.parse(new String(text, StandardCharsets.UTF_8), INDEX);
  }

  /**
   * Weaves, from now on, every class that the declarations name.
   *
   * @param inst of this JVM; must be able to retransform
   * @param agent loader of engine, tooling and instrumentation class files
   * @param files which instrumentations; leave out what is switched off
   * @throws IllegalStateException if the dispatcher cannot be put into the boot loader
   */
  public static Weaving install(
      Instrumentation inst, ClassLoader agent, Collection<SeamFile> files) {
    return install(inst, agent, files, new WeaveReport());
  }

  /** The same with a report that somebody listens to already. */
  public static Weaving install(
      Instrumentation inst, ClassLoader agent, Collection<SeamFile> files, WeaveReport report) {
    var index = new SeamIndex(files);
    Dispatcher dispatcher = Dispatcher.define(inst, agent);
    var loaders = new InstrumentationLoaders(agent);
    var linker = new Linker(index, loaders, new DefineInside(agent), report);
    dispatcher.linkBy(linker.handle());
    var maker = new AdviceMaker(agent, dispatcher.linkMethod());
    var weaving = new Weaving(inst, index, dispatcher, linker, report);
    weaving.declare(files);
    weaving.prelink();
    inst.addTransformer(new Weaver(index, new ReferenceCheck(agent), maker, report), true);
    weaving.retransform(weaving.targetsThatAreLoaded());
    return weaving;
  }

  /** What became of each seam. */
  public WeaveReport report() {
    return report;
  }

  /**
   * How the dispatcher came to the boot loader: {@code lookup}, {@code unsafe}, {@code
   * boot-class-path} or {@code already-there}.
   */
  public String dispatcherWay() {
    return dispatcher.way().name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
  }

  private void declare(Collection<SeamFile> files) {
    for (SeamFile file : files) {
      for (Seam seam : file.seams()) {
        report.declared(file, seam);
        if (SeamIndex.forbidden(seam)) {
          report.failed(
              file,
              seam.target(),
              seam.advice(),
              seam.security(),
              "the linker itself uses this class");
        }
      }
    }
  }

  /**
   * Security seams of the boot loader are resolved before anything is woven: their first call must
   * find them ready.
   */
  private void prelink() {
    for (SeamFile file : index.files()) {
      for (Seam seam : file.seams()) {
        if (seam.security() && file.needs().isEmpty() && ofJdk(seam.target())) {
          var unused = linker.prelink(file, seam);
        }
      }
    }
  }

  private Collection<Class<?>> targetsThatAreLoaded() {
    Set<Class<?>> targets = new LinkedHashSet<>();
    for (String name : index.targets(file -> file.needs().isEmpty())) {
      Class<?> type = ofJdk(name) ? jdkClass(name) : null;
      if (type != null) {
        targets.add(type);
      }
    }
    for (Class<?> type : inst.getAllLoadedClasses()) {
      if (!type.isArray()
          && !type.isHidden()
          && !index.find(type.getName().replace('.', '/')).isEmpty()) {
        targets.add(type);
      }
    }
    return targets;
  }

  private static boolean ofJdk(String name) {
    return name.startsWith("java.")
        || name.startsWith("javax.")
        || name.startsWith("sun.")
        || name.startsWith("jdk.")
        || name.startsWith("com.sun.");
  }

  private static @Nullable Class<?> jdkClass(String name) {
    try {
      return Class.forName(name, false, ClassLoader.getPlatformClassLoader());
    } catch (ClassNotFoundException e) {
      return null; // not in this run-time image, or not in this version of the JDK: it stays
      // 'waiting'
    }
  }

  private void retransform(Collection<Class<?>> targets) {
    List<Class<?>> modifiable = targets.stream().filter(inst::isModifiableClass).toList();
    if (modifiable.isEmpty()) {
      return;
    }
    try {
      inst.retransformClasses(modifiable.toArray(new Class<?>[0]));
    } catch (Exception
        | LinkageError
        | InternalError together) { // one bad class fails all: find out which
      modifiable.forEach(this::retransformAlone);
    }
  }

  private void retransformAlone(Class<?> type) {
    try {
      inst.retransformClasses(type);
    } catch (Exception | LinkageError | InternalError e) {
      for (SeamIndex.Hit hit : index.find(type.getName().replace('.', '/'))) {
        hit.seams()
            .forEach(
                seam ->
                    report.failed(
                        hit.file(),
                        type.getName(),
                        seam.advice(),
                        seam.security(),
                        "the JVM refused the woven class: " + e));
      }
    }
  }

  /**
   * Verifies that the security seams are in the classes that the JVM has, whatever other agents did
   * after us. Costs a retransformation for each class, so call it off the request path.
   *
   * @return the seams that are not woven although their class is loaded, as {@code class#method};
   *     they are reported too
   */
  public List<String> selfCheck() {
    var probe = new WeaveProbe(inst);
    Map<Class<?>, List<SeamIndex.Hit>> targets = new LinkedHashMap<>();
    for (Class<?> type : inst.getAllLoadedClasses()) {
      if (!type.isArray() && !type.isHidden()) {
        List<SeamIndex.Hit> hits = index.find(type.getName().replace('.', '/'));
        if (!hits.isEmpty()) {
          targets.put(type, hits);
        }
      }
    }
    var holes = new ArrayList<String>();
    targets.forEach(
        (type, hits) ->
            hits.forEach(
                hit ->
                    hit.seams().stream()
                        .filter(Seam::security)
                        .forEach(
                            seam -> {
                              String reason = probe(probe, type, seam);
                              if (reason != null) {
                                holes.add(seam.toString());
                                report.failed(
                                    hit.file(), type.getName(), seam.advice(), true, reason);
                              }
                            })));
    return holes;
  }

  private static @Nullable String probe(WeaveProbe probe, Class<?> type, Seam seam) {
    try {
      return probe.woven(type, seam.advice())
          ? null
          : "the class that the JVM has does not name the advice: another agent may have replaced it";
    } catch (Exception | LinkageError | InternalError e) {
      return "the class cannot be checked: " + e;
    }
  }
}
