package io.selvage.tooling;

import io.selvage.tooling.bundled.BundledUnsafe;
import java.lang.instrument.Instrumentation;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

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

  private static final String REPLACED =
      "the class that the JVM has does not name the advice: another agent may have replaced it";

  private final Instrumentation inst;
  private final Dispatcher dispatcher;
  private final Targets targets;
  private final Weaver weaver;
  private final WeaveReport report;

  private Weaving(
      Instrumentation inst,
      Dispatcher dispatcher,
      Targets targets,
      Weaver weaver,
      WeaveReport report) {
    this.weaver = weaver;
    this.inst = inst;
    this.dispatcher = dispatcher;
    this.targets = targets;
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
    ClassLoader hidden = agent == ClassLoader.getSystemClassLoader() ? null : agent;
    BundledUnsafe.allow(inst);
    var index = new SeamIndex(files);
    Dispatcher dispatcher = Dispatcher.define(inst, agent);
    var linker =
        new Linker(
            index,
            new InstrumentationLoaders(agent),
            new DefineInside(agent),
            new ModuleExports(inst),
            report);
    dispatcher.linkBy(linker.handle());
    var maker = new AdviceMaker(agent, dispatcher.linkMethod());
    var targets = new Targets(inst, index, report, hidden);
    declare(files, report);
    prelink(index, linker);
    var weaver = new Weaver(index, new ReferenceCheck(agent), maker, report, hidden);
    inst.addTransformer(weaver, true);
    targets.retransform(targets.loaded());
    for (String name : targets.securityTargetsOfJdk()) {
      Targets.load(name); // woven on the way
    }
    return new Weaving(inst, dispatcher, targets, weaver, report);
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
    return dispatcher.way().name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static void declare(Collection<SeamFile> files, WeaveReport report) {
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
  private static void prelink(SeamIndex index, Linker linker) {
    for (SeamFile file : index.files()) {
      for (Seam seam : file.seams()) {
        if (seam.security() && file.needs().isEmpty() && Targets.ofJdk(seam.target())) {
          linker.prelink(file, seam);
        }
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
    targets.retransform(targetsNeverWoven());
    var probe = new WeaveProbe(inst);
    var holes = new ArrayList<String>();
    for (Class<?> type : targets.loaded()) {
      for (SeamIndex.Hit hit : targets.hits(type)) {
        for (Seam seam : hit.seams()) {
          if (seam.security()
              && report.isWoven(hit.file(), type.getName(), seam.advice())
              && weaver.appliesTo(hit, type.getClassLoader())
              && !probed(probe, type, hit.file(), seam)) {
            holes.add(seam.toString());
          }
        }
      }
    }
    return holes;
  }

  /**
   * Names of classes with seams that are loaded but were never shown to the weaver, until {@link
   * #selfCheck} weaves them: the JVM shows no transformer a class that is loaded while a
   * transformer is at work on the same thread.
   */
  public List<String> missed() {
    var names = new ArrayList<String>();
    for (Class<?> type : targetsNeverWoven()) {
      names.add(type.getName());
    }
    return names;
  }

  /**
   * Runs {@link #selfCheck} once, after a delay that lets the other agents come, on a daemon thread
   * of its own.
   */
  public void selfCheckAfter(Duration delay) {
    var check =
        new Thread("selvage-weave-check") {
          @Override
          public void run() {
            try {
              sleep(delay.toMillis());
              var unused = selfCheck();
            } catch (InterruptedException e) {
              interrupt();
            }
          }
        };
    check.setDaemon(true);
    check.setContextClassLoader(null);
    check.start();
  }

  /**
   * Classes that were loaded while our transformer was at work on the same thread: the JVM does not
   * show it those.
   */
  private List<Class<?>> targetsNeverWoven() {
    var never = new ArrayList<Class<?>>();
    for (Class<?> type : targets.loaded()) {
      if (!report.isSeen(type.getName())) {
        never.add(type);
      }
    }
    return never;
  }

  private boolean probed(WeaveProbe probe, Class<?> type, SeamFile file, Seam seam) {
    String reason;
    try {
      reason = probe.woven(type, seam.advice()) ? null : REPLACED;
    } catch (Exception | LinkageError | InternalError e) {
      reason = "the class cannot be checked: " + e;
    }
    if (reason == null) {
      report.isThereAgain(file, type.getName(), seam.advice(), REPLACED);
      return true;
    }
    report.failed(file, type.getName(), seam.advice(), true, reason);
    return false;
  }
}
