package io.selvage.tooling;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which seams a class has, by its name alone. Immutable after construction.
 *
 * <p>One hash lookup for the exact name; one more, of the last segment, if any instrumentation is
 * relocatable.
 */
final class SeamIndex {
  private static final List<String> NEVER =
      List.of(
          "java.util.zip.",
          "java.util.jar.",
          "java.lang.invoke.",
          "java.lang.ClassLoader",
          "java.lang.ThreadLocal",
          "java.util.concurrent.ConcurrentHashMap",
          "io.selvage.");

  private final Map<String, List<Hit>> exact = new HashMap<>();
  private final Map<String, List<Hit>> byLastSegment = new HashMap<>();
  private final Map<String, SeamFile> files = new LinkedHashMap<>();

  /** The seams of one instrumentation in one class. */
  record Hit(SeamFile file, Relocation relocation, String target, List<Seam> seams) {}

  SeamIndex(Iterable<SeamFile> declared) {
    for (SeamFile file : declared) {
      if (files.putIfAbsent(file.name(), file) == null) {
        add(file);
      }
    }
  }

  private void add(SeamFile file) {
    var byTarget = new LinkedHashMap<String, List<Seam>>();
    for (Seam seam : file.seams()) {
      if (!forbidden(seam)) {
        listAt(byTarget, seam.target()).add(seam);
      }
    }
    for (Map.Entry<String, List<Seam>> entry : byTarget.entrySet()) {
      String target = entry.getKey();
      var hit = new Hit(file, Relocation.NONE, target.replace('.', '/'), entry.getValue());
      listAt(exact, hit.target()).add(hit);
      for (String prefix : file.relocatable()) {
        if (target.startsWith(prefix)) {
          listAt(byLastSegment, lastSegment(hit.target())).add(hit);
          break;
        }
      }
    }
  }

  /**
   * Without a lambda, here and in all that premain runs: the first ones cost it tens of
   * milliseconds.
   */
  private static <T> List<T> listAt(Map<String, List<T>> map, String key) {
    List<T> list = map.get(key);
    if (list == null) {
      list = new ArrayList<>(2);
      map.put(key, list);
    }
    return list;
  }

  /**
   * Whether the linker itself uses that class: advice there would have to be linked while it is
   * being linked.
   */
  static boolean forbidden(Seam seam) {
    for (String prefix : NEVER) {
      if (seam.target().startsWith(prefix)) {
        return true;
      }
    }
    return false;
  }

  private static String lastSegment(String internalName) {
    return internalName.substring(internalName.lastIndexOf('/') + 1);
  }

  /** The instrumentation of that name, or {@code null}. */
  @Nullable SeamFile file(String name) {
    return files.get(name);
  }

  /** Every instrumentation, in the order of declaration. */
  Iterable<SeamFile> files() {
    return files.values();
  }

  /** The seams of the class with that internal name; empty for nearly all. */
  List<Hit> find(String internalName) {
    List<Hit> found = exact.get(internalName);
    if (found != null) {
      return found;
    }
    if (byLastSegment.isEmpty()) {
      return List.of();
    }
    List<Hit> candidates = byLastSegment.get(lastSegment(internalName));
    return candidates == null ? List.of() : relocated(internalName, candidates);
  }

  private static List<Hit> relocated(String internalName, List<Hit> candidates) {
    List<Hit> hits = List.of();
    for (Hit hit : candidates) {
      int length = internalName.length() - hit.target().length();
      if (length > 0
          && internalName.endsWith(hit.target())
          && internalName.charAt(length - 1) == '/') {
        hits = hits.isEmpty() ? new ArrayList<>(1) : hits;
        var relocation =
            new Relocation(internalName.substring(0, length), hit.file().relocatable());
        hits.add(new Hit(hit.file(), relocation, internalName, hit.seams()));
      }
    }
    return hits;
  }
}
