package io.selvage.engine.match;

import io.selvage.engine.flow.RequestHead;
import java.util.ArrayList;
import java.util.List;

/**
 * The forms in which a server may understand a path; authorization asks about all of them.
 *
 * <p>Raw (without query and fragment, parameters kept); without path parameters; normalised (RFC
 * 3986 §6.2.2: dot segments, percent-encoded unreserved characters, backslashes as Envoy's {@code
 * normalize_path}); slashes merged; percent-encoded slashes and the rest decoded as well, once and
 * twice, octets above 0x7F as Latin-1, as UTF-8 and as overlong UTF-8; without what stands in front
 * of the first slash. A path in which none of this occurs has one form.
 */
public final class PathForms {
  private PathForms() {}

  /** All different forms, the raw one first. */
  public static List<String> of(String pathWithQuery) {
    return of(pathWithQuery, List.of());
  }

  /**
   * The same with what the server itself says, after those that {@link #of(String)} gives.
   *
   * @param meanings decoded paths; see {@link RequestHead#meanings}
   */
  public static List<String> of(String pathWithQuery, List<String> meanings) {
    String raw = cut(pathWithQuery);
    boolean fragment =
        raw.length() < pathWithQuery.length() && pathWithQuery.charAt(raw.length()) == '#';
    boolean meant = meanings.isEmpty() || meanings.size() == 1 && meanings.contains(raw);
    if (meant && !fragment && isPlain(raw)) {
      return List.of(raw);
    }
    List<String> forms = new ArrayList<>(8);
    expand(forms, raw);
    int query = pathWithQuery.indexOf('?');
    String uncut = query < 0 ? pathWithQuery : pathWithQuery.substring(0, query);
    if (fragment) {
      // fragments are never sent; a server may take one for a part of the path
      expand(forms, uncut);
    }
    if (!raw.startsWith("/")) {
      otherTargets(forms, uncut);
    }
    for (int i = 0; i < meanings.size(); i++) {
      add(forms, meanings.get(i));
      addClean(forms, meanings.get(i));
    }
    return forms;
  }

  /** Neither a path nor {@code *}: what servers make of such a target. */
  private static void otherTargets(List<String> forms, String target) {
    expand(forms, "/" + target);
    int slash = target.indexOf('/');
    if (slash >= 0) {
      // what is in front may be taken for an authority
      expand(forms, target.substring(slash));
    }
    int scheme = target.indexOf("://");
    if (scheme >= 0) {
      int path = target.indexOf('/', scheme + 3);
      expand(forms, path < 0 ? "/" : target.substring(path));
    }
  }

  private static void expand(List<String> forms, String raw) {
    add(forms, raw);
    if (isPlain(raw)) {
      return;
    }
    String unreserved = decode(raw, true).replace('\\', '/');
    add(forms, withoutDots(unreserved));
    addClean(forms, unreserved);
    String all = raw;
    for (int round = 0; round < 2; round++) {
      // twice: a server behind a decoding filter sees %252e as a dot
      all = decode(all, false);
      addClean(forms, all);
      if (Utf8.hasHighOctets(all)) {
        addClean(forms, Utf8.strict(all));
        addClean(forms, Utf8.overlong(all));
      }
    }
  }

  /** With and without parameters; backslashes as slashes, slashes merged, no dot segments. */
  private static void addClean(List<String> forms, String decoded) {
    String path = decoded.replace('\\', '/');
    add(forms, withoutDots(merged(path)));
    add(forms, merged(withoutDots(path)));
    String bare = withoutParameters(path);
    add(forms, withoutDots(merged(bare)));
    add(forms, merged(withoutDots(bare)));
  }

  private static boolean isPlain(String path) {
    if (path.isEmpty() || path.charAt(0) != '/') {
      return false;
    }
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      if (c == '%' || c == '\\' || c == ';' || c < 0x21 || c > 0x7e) {
        return false;
      }
      if (c == '/' && i + 1 < path.length()) {
        char next = path.charAt(i + 1);
        if (next == '/' || next == '.') {
          return false;
        }
      }
    }
    return true;
  }

  private static void add(List<String> forms, String form) {
    if (!forms.contains(form)) {
      forms.add(form);
    }
  }

  private static String cut(String path) {
    for (int i = 0; i < path.length(); i++) {
      if (path.charAt(i) == '?' || path.charAt(i) == '#') {
        return path.substring(0, i);
      }
    }
    return path;
  }

  private static String withoutParameters(String path) {
    if (path.indexOf(';') < 0) {
      return path;
    }
    StringBuilder out = new StringBuilder(path.length());
    boolean skipping = false;
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      skipping = c == ';' || (skipping && c != '/');
      if (!skipping) {
        out.append(c);
      }
    }
    return out.toString();
  }

  private static String merged(String path) {
    StringBuilder out = new StringBuilder(path.length());
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      if (c != '/' || out.length() == 0 || out.charAt(out.length() - 1) != '/') {
        out.append(c);
      }
    }
    return out.toString();
  }

  /** RFC 3986 §5.2.4. */
  private static String withoutDots(String path) {
    if (!path.contains("/.")) {
      return path;
    }
    List<String> kept = new ArrayList<>();
    String[] segments = path.split("/", -1);
    for (int i = 1; i < segments.length; i++) {
      boolean last = i == segments.length - 1;
      if (".".equals(segments[i])) {
        if (last) {
          kept.add("");
        }
      } else if ("..".equals(segments[i])) {
        if (!kept.isEmpty()) {
          kept.remove(kept.size() - 1);
        }
        if (last) {
          kept.add("");
        }
      } else {
        kept.add(segments[i]);
      }
    }
    return "/" + String.join("/", kept);
  }

  private static String decode(String path, boolean unreservedOnly) {
    if (path.indexOf('%') < 0) {
      return path;
    }
    StringBuilder out = new StringBuilder(path.length());
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      int value = c == '%' ? Percent.octet(path, i + 1) : -1;
      if (value < 0 || (unreservedOnly && !Percent.isUnreserved(value))) {
        out.append(c);
      } else {
        out.append((char) value);
        i += 2;
      }
    }
    return out.toString();
  }
}
