package io.selvage.engine.match;

import io.selvage.engine.model.PathPolicy;
import io.selvage.engine.model.PathPolicy.EscapedSlashes;
import java.nio.charset.StandardCharsets;

/**
 * Brings a path into the form in which routes are asked about it. The query stays as it is. Source:
 * Envoy {@code ConnectionManagerUtility::maybeNormalizePath}, whose canonical form is Chromium's.
 */
public final class PathNormalizer {
  private static final String ESCAPED = " \"<>`{}^|";

  private PathNormalizer() {}

  /** Whether a path has an escaped slash or backslash before its query. */
  public static boolean hasEscapedSlash(String pathAndQuery) {
    int end = end(pathAndQuery);
    for (int i = pathAndQuery.indexOf('%'); i >= 0 && i < end; ) {
      if (isEscapedSlash(pathAndQuery, i)) {
        return true;
      }
      i = pathAndQuery.indexOf('%', i + 1);
    }
    return false;
  }

  /** Whether a path has an escaped NUL before its query: it has no canonical form. */
  public static boolean hasNul(String pathAndQuery) {
    int at = pathAndQuery.indexOf("%00");
    return at >= 0 && at < end(pathAndQuery);
  }

  /** The form that a policy asks for; the same string when nothing changes. */
  public static String of(String pathAndQuery, PathPolicy policy) {
    int end = end(pathAndQuery);
    String path = pathAndQuery.substring(0, end);
    String changed = path;
    if (policy.escapedSlashes() == EscapedSlashes.UNESCAPE
        || policy.escapedSlashes() == EscapedSlashes.REDIRECT) {
      changed = unescapedSlashes(changed);
    }
    if (policy.normalize() && !isPlain(changed)) {
      changed = withoutDots(unescaped(changed));
    }
    if (policy.mergeSlashes()) {
      changed = merged(changed);
    }
    return changed.equals(path) ? pathAndQuery : changed + pathAndQuery.substring(end);
  }

  private static int end(String pathAndQuery) {
    int query = pathAndQuery.indexOf('?');
    return query < 0 ? pathAndQuery.length() : query;
  }

  private static boolean isPlain(String path) {
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      if (c == '%' || c == '\\' || c <= ' ' || c > '~' || ESCAPED.indexOf(c) >= 0) {
        return false;
      }
      if (c == '/' && i + 1 < path.length() && path.charAt(i + 1) == '.') {
        return false;
      }
    }
    return true;
  }

  private static boolean isEscapedSlash(String text, int percent) {
    return text.regionMatches(true, percent, "%2f", 0, 3)
        || text.regionMatches(true, percent, "%5c", 0, 3);
  }

  private static String unescapedSlashes(String path) {
    if (!hasEscapedSlash(path)) {
      return path;
    }
    StringBuilder out = new StringBuilder(path.length());
    for (int i = 0; i < path.length(); i++) {
      if (path.charAt(i) == '%' && isEscapedSlash(path, i)) {
        out.append(path.charAt(i + 1) == '2' ? '/' : '\\');
        i += 2;
      } else {
        out.append(path.charAt(i));
      }
    }
    return out.toString();
  }

  /** Unreserved characters stand for themselves; what no path may hold is escaped. */
  private static String unescaped(String path) {
    StringBuilder out = new StringBuilder(path.length());
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      int value = c == '%' ? Percent.octet(path, i + 1) : -1;
      if (value >= 0 && Percent.isUnreserved(value)) {
        out.append((char) value);
        i += 2;
      } else if (c == '\\') {
        out.append('/');
      } else if (c <= ' ' || c > '~' || ESCAPED.indexOf(c) >= 0) {
        escape(out, c);
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }

  private static void escape(StringBuilder out, char c) {
    for (byte b : String.valueOf(c).getBytes(StandardCharsets.UTF_8)) {
      out.append('%')
          .append(Character.toUpperCase(Character.forDigit((b >> 4) & 15, 16)))
          .append(Character.toUpperCase(Character.forDigit(b & 15, 16)));
    }
  }

  /** RFC 3986 §5.2.4. */
  private static String withoutDots(String path) {
    if (!path.contains("/.")) {
      return path;
    }
    StringBuilder out = new StringBuilder(path.length());
    int at = 0;
    while (at < path.length()) {
      int slash = path.indexOf('/', at + 1);
      int stop = slash < 0 ? path.length() : slash;
      String segment = path.substring(at, stop);
      String name = withoutParameters(segment);
      boolean last = slash < 0;
      if (name.equals("/.")) {
        out.append(last ? "/" : "");
      } else if (name.equals("/..")) {
        int back = out.lastIndexOf("/");
        out.setLength(Math.max(back, 0));
        out.append(last ? "/" : "");
      } else {
        out.append(segment);
      }
      at = stop;
    }
    return out.isEmpty() ? "/" : out.toString();
  }

  /** A dot segment stays one when it has parameters: servers strip them. */
  private static String withoutParameters(String segment) {
    int semicolon = segment.indexOf(';');
    return semicolon < 0 ? segment : segment.substring(0, semicolon);
  }

  /** Envoy keeps two slashes where there is nothing else. */
  private static String merged(String path) {
    if (!path.contains("//")) {
      return path;
    }
    StringBuilder out = new StringBuilder(path.length());
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      if (c != '/' || out.isEmpty() || out.charAt(out.length() - 1) != '/') {
        out.append(c);
      }
    }
    return out.length() == 1 ? "//" : out.toString();
  }
}
