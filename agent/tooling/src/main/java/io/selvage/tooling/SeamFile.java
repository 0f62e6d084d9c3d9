package io.selvage.tooling;

import java.util.List;

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
 */
public record SeamFile(
    String name,
    String packagePrefix,
    List<Library> libraries,
    List<String> relocatable,
    List<Seam> seams,
    List<String> inside,
    List<String> needs) {

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
