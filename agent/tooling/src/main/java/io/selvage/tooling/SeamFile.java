package io.selvage.tooling;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Predicate;

/**
 * What one instrumentation declares in {@code META-INF/selvage/NAME.seams}.
 *
 * @param name the instrumentation's name; {@code selvage.instrumentation.NAME.enabled=false}
 *     switches it off
 * @param packagePrefix dotted prefix, with the dot, of the classes that are loaded once per
 *     application loader
 * @param libraries what it instruments, the one that gives the version first
 * @param relocatable dotted library prefixes that shaded copies carry behind a prefix of their own
 * @param seams where advice goes, in the order of the file
 * @param inside classes that are defined in a package of the library
 * @param needs what must be loaded by the application first: classes of this instrumentation's
 *     targets are never loaded by force
 * @param with instrumentations without which this one must not be: where one of them is off, so is
 *     this
 */
public record SeamFile(
    String name,
    String packagePrefix,
    List<Library> libraries,
    List<String> relocatable,
    List<Seam> seams,
    List<String> inside,
    List<String> needs,
    List<String> with) {

  /**
   * A library, by Maven coordinates for its version and by package prefix for its references.
   *
   * @param coordinates {@code group:artifact}, or {@code jdk}
   * @param packagePrefix dotted prefix with the dot; {@code -} for the JDK, which is not checked
   */
  public record Library(String coordinates, String packagePrefix) {
    /** Whether this is the JDK itself. */
    public boolean isJdk() {
      return coordinates.equals("jdk");
    }
  }

  /**
   * What is left when some are switched off: neither they nor those that must not be without them.
   *
   * @param on whether the user leaves an instrumentation on, by name
   * @param dragged told the name of each that goes with another, and of that other
   */
  public static List<SeamFile> left(
      List<SeamFile> all, Predicate<String> on, BiConsumer<String, String> dragged) {
    List<SeamFile> left = new ArrayList<>();
    for (SeamFile file : all) {
      String off = file.with().stream().filter(on.negate()).findFirst().orElse(null);
      if (on.test(file.name()) && off != null) {
        dragged.accept(file.name(), off);
      } else if (on.test(file.name())) {
        left.add(file);
      }
    }
    return List.copyOf(left);
  }

  /** The library whose version is reported. */
  public Library library() {
    return libraries.get(0);
  }

  /** Name of the resource that holds what it uses of its libraries, one reference a line. */
  public String referencesResource() {
    return "META-INF/selvage/" + name + ".refs";
  }

  /** Whether a class belongs to the instrumentation itself. */
  boolean owns(String dotted) {
    return dotted.startsWith(packagePrefix);
  }
}
