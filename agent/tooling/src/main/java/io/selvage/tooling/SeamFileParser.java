package io.selvage.tooling;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads seam declarations, one or several instrumentations in a text. Not thread-safe.
 *
 * <p>Each line is a keyword and its words; {@code #} at the start of a line or behind a blank
 * begins a comment. A line {@code instrumentation NAME} begins the next declaration, so files can
 * be put one behind the other.
 */
public final class SeamFileParser {
  private final String origin;
  private final List<SeamFile> files = new ArrayList<>();
  private int line;
  private @Nullable Draft draft;

  private static final class Draft {
    final String name;
    @Nullable String packagePrefix;
    final List<SeamFile.Library> libraries = new ArrayList<>();
    final List<String> relocatable = new ArrayList<>();
    final List<Seam> seams = new ArrayList<>();
    final List<String> inside = new ArrayList<>();
    final List<String> needs = new ArrayList<>();
    final List<String> with = new ArrayList<>();

    Draft(String name) {
      this.name = name;
    }
  }

  private SeamFileParser(String origin) {
    this.origin = origin;
  }

  /**
   * Reads every declaration in the text.
   *
   * @param origin names the text in error messages
   * @throws IllegalArgumentException with origin, line, reason and fix, if a line cannot be read or
   *     a declaration is incomplete
   */
  public static List<SeamFile> parse(String text, String origin) {
    var parser = new SeamFileParser(origin);
    for (String line : text.split("\n", -1)) {
      parser.line++;
      parser.read(line.strip());
    }
    parser.finish();
    return List.copyOf(parser.files);
  }

  private void read(String text) {
    String content = withoutComment(text);
    if (content.isEmpty()) {
      return;
    }
    String[] words = content.split("\\s+", 2);
    String rest = words.length > 1 ? words[1] : "";
    if (words[0].equals("instrumentation")) {
      finish();
      draft = new Draft(one(rest, "a name"));
      return;
    }
    Draft d = draft;
    if (d == null) {
      throw wrong(
          "'" + words[0] + "' stands before any 'instrumentation NAME'", "begin the file with it");
    }
    switch (words[0]) {
      case "package" -> d.packagePrefix = prefix(one(rest, "a package prefix"));
      case "library" -> d.libraries.add(library(rest));
      case "relocatable" -> d.relocatable.add(prefix(one(rest, "a package prefix")));
      case "seam" -> d.seams.add(seam(d, rest));
      case "define" -> d.inside.add(one(rest, "a class name"));
      case "needs" -> d.needs.add(one(rest, "a class or module name"));
      case "with" -> d.with.add(one(rest, "an instrumentation's name"));
      default ->
          throw wrong(
              "'" + words[0] + "' is no keyword",
              "use instrumentation, package, library, relocatable, seam, define, needs or with");
    }
  }

  private static String withoutComment(String text) {
    if (text.startsWith("#")) {
      return "";
    }
    for (int i = 1; i < text.length(); i++) {
      if (text.charAt(i) == '#' && Character.isWhitespace(text.charAt(i - 1))) {
        return text.substring(0, i).strip();
      }
    }
    return text;
  }

  private void finish() {
    Draft d = draft;
    draft = null;
    if (d == null) {
      return;
    }
    String packagePrefix = d.packagePrefix;
    if (packagePrefix == null) {
      throw wrong("instrumentation '" + d.name + "' has no package", "add 'package some.prefix.'");
    }
    if (d.libraries.isEmpty()) {
      throw wrong(
          "instrumentation '" + d.name + "' has no library",
          "add 'library GROUP:ARTIFACT PREFIX.' or 'library jdk -'");
    }
    files.add(
        new SeamFile(
            d.name,
            packagePrefix,
            List.copyOf(d.libraries),
            List.copyOf(d.relocatable),
            List.copyOf(d.seams),
            List.copyOf(d.inside),
            List.copyOf(d.needs),
            List.copyOf(d.with)));
  }

  private SeamFile.Library library(String rest) {
    String[] words = rest.split("\\s+");
    if (words.length != 2 || !words[0].equals("jdk") && words[0].indexOf(':') < 1) {
      throw wrong(
          "'library " + rest + "' cannot be read",
          "write 'library GROUP:ARTIFACT PREFIX.' or 'library jdk -'");
    }
    return new SeamFile.Library(words[0], words[1].equals("-") ? "-" : prefix(words[1]));
  }

  private Seam seam(Draft d, String rest) {
    int hash = rest.indexOf('#');
    int close = rest.indexOf('(') < 0 ? -1 : rest.indexOf(')');
    int end = close >= 0 ? close + 1 : blank(rest);
    if (hash < 1 || end < hash) {
      throw wrong(
          "'seam " + rest + "' has no CLASS#METHOD", "write 'seam CLASS#METHOD(TYPES) ADVICE'");
    }
    String[] words = rest.substring(end).strip().split("\\s+");
    if (words[0].isEmpty() || d.packagePrefix == null || !words[0].startsWith(d.packagePrefix)) {
      throw wrong(
          "advice '"
              + words[0]
              + "' is not in the instrumentation's package '"
              + d.packagePrefix
              + "'",
          "name a class below it, and put 'package' above the seams");
    }
    boolean security = false;
    boolean optional = false;
    for (int i = 1; i < words.length; i++) {
      switch (words[i]) {
        case "security=refuse" -> security = true;
        case "optional" -> optional = true;
        default ->
            throw wrong(
                "'" + words[i] + "' is no mark of a seam", "use 'security=refuse' or 'optional'");
      }
    }
    try {
      return new Seam(
          rest.substring(0, hash),
          MethodPattern.parse(rest.substring(hash + 1, end)),
          words[0],
          security,
          optional);
    } catch (IllegalArgumentException e) {
      throw wrong(e.getMessage(), "write 'name', 'name()', 'name(..)', 'name(a,b)' or 'name(a,*)'");
    }
  }

  private static int blank(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isWhitespace(text.charAt(i))) {
        return i;
      }
    }
    return text.length();
  }

  private String one(String rest, String what) {
    if (rest.isEmpty() || rest.split("\\s+").length != 1) {
      throw wrong("'" + rest + "' is not " + what, "write exactly one word");
    }
    return rest;
  }

  private String prefix(String text) {
    if (!text.endsWith(".")) {
      throw wrong("prefix '" + text + "' does not end with a dot", "write '" + text + ".'");
    }
    return text;
  }

  private IllegalArgumentException wrong(@Nullable String what, String fix) {
    return new IllegalArgumentException(
        "[SELV-2001] (" + origin + " line " + line + ") " + what + ". Fix: " + fix);
  }
}
