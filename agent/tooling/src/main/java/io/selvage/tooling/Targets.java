package io.selvage.tooling;

import java.lang.instrument.Instrumentation;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The classes with seams that the JVM has: finds, loads and retransforms them. Thread-safe. */
final class Targets {
  private final Instrumentation inst;
  private final SeamIndex index;
  private final WeaveReport report;
  private final @Nullable ClassLoader hidden;

  Targets(Instrumentation inst, SeamIndex index, WeaveReport report, @Nullable ClassLoader hidden) {
    this.inst = inst;
    this.index = index;
    this.report = report;
    this.hidden = hidden;
  }

  /** Those that are loaded, in any loader but the agent's. */
  List<Class<?>> loaded() {
    var targets = new ArrayList<Class<?>>();
    for (Class<?> type : inst.getAllLoadedClasses()) {
      if (!type.isArray()
          && !hits(type).isEmpty()
          && !type.isHidden()
          && (hidden == null || type.getClassLoader() != hidden)
          && !(type.getClassLoader() instanceof InstrumentationLoader)) {
        targets.add(type);
      }
    }
    return targets;
  }

  List<SeamIndex.Hit> hits(Class<?> type) {
    return index.find(type.getName().replace('.', '/'));
  }

  /**
   * Names of the JDK's classes with security seams, apart from those that must not be loaded by
   * force.
   */
  Set<String> securityTargetsOfJdk() {
    var names = new LinkedHashSet<String>();
    for (SeamFile file : index.files()) {
      for (Seam seam : file.seams()) {
        if (seam.security() && file.needs().isEmpty() && ofJdk(seam.target())) {
          names.add(seam.target());
        }
      }
    }
    return names;
  }

  static boolean ofJdk(String name) {
    return name.startsWith("java.")
        || name.startsWith("javax.")
        || name.startsWith("sun.")
        || name.startsWith("jdk.")
        || name.startsWith("com.sun.");
  }

  /** Loads a class of the JDK; one that this run-time image or version lacks keeps waiting. */
  static void load(String name) {
    try {
      var unused = Class.forName(name, false, ClassLoader.getPlatformClassLoader());
    } catch (ClassNotFoundException e) {
      return;
    }
  }

  /** Lets all agents transform these again; what the JVM refuses is reported, class by class. */
  void retransform(List<Class<?>> types) {
    var modifiable = new ArrayList<Class<?>>();
    for (Class<?> type : types) {
      if (inst.isModifiableClass(type)) {
        modifiable.add(type);
      }
    }
    if (modifiable.isEmpty()) {
      return;
    }
    try {
      inst.retransformClasses(modifiable.toArray(new Class<?>[0]));
    } catch (Exception | LinkageError | InternalError e) { // one bad class fails all: which one?
      for (Class<?> type : modifiable) {
        retransformAlone(type);
      }
    }
  }

  private void retransformAlone(Class<?> type) {
    try {
      inst.retransformClasses(type);
    } catch (Exception | LinkageError | InternalError e) {
      for (SeamIndex.Hit hit : hits(type)) {
        for (Seam seam : hit.seams()) {
          report.failed(
              hit.file(),
              type.getName(),
              seam.advice(),
              seam.security(),
              "the JVM refused the woven class: " + e);
        }
      }
    }
  }
}
