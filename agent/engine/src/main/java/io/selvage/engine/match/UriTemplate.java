package io.selvage.engine.match;

import com.google.re2j.Pattern;

/**
 * A URI template over a path: <code>*</code> is one segment, <code>**</code> any number of them,
 * alone or named as in <code>{name}</code>, <code>{name=*}</code>, <code>{name=**}</code>.
 *
 * <p>Source: Envoy {@code envoy.path.match.uri_template}; Istio writes <code>{*}</code> and <code>
 * {**}</code>.
 */
public final class UriTemplate {
  private static final String SEGMENT = "[a-zA-Z0-9\\-._~%!$&'()+,;:@=*]+";
  private static final String SEGMENTS = "[a-zA-Z0-9\\-._~%!$&'()+,;:@=*/]*";

  private final Pattern pattern;

  private UriTemplate(Pattern pattern) {
    this.pattern = pattern;
  }

  /**
   * Compiles a template.
   *
   * @throws IllegalArgumentException when a brace is not closed or the path does not start with a
   *     slash
   */
  public static UriTemplate of(String template) {
    if (!template.startsWith("/")) {
      throw new IllegalArgumentException("a path template must start with '/': " + template);
    }
    StringBuilder regex = new StringBuilder();
    for (int i = 0; i < template.length(); ) {
      char c = template.charAt(i);
      if (c == '{') {
        int close = template.indexOf('}', i);
        if (close < 0) {
          throw new IllegalArgumentException("'{' is not closed in path template " + template);
        }
        String inside = template.substring(i + 1, close);
        int equals = inside.indexOf('=');
        String glob = equals >= 0 ? inside.substring(equals + 1) : inside;
        if (equals >= 0) {
          appendGlobs(regex, glob);
        } else {
          regex.append("**".equals(glob) ? SEGMENTS : SEGMENT);
        }
        i = close + 1;
      } else if (c == '*') {
        boolean two = i + 1 < template.length() && template.charAt(i + 1) == '*';
        regex.append(two ? SEGMENTS : SEGMENT);
        i += two ? 2 : 1;
      } else {
        regex.append(Pattern.quote(String.valueOf(c)));
        i++;
      }
    }
    return new UriTemplate(Pattern.compile(regex.toString()));
  }

  private static void appendGlobs(StringBuilder regex, String glob) {
    for (int i = 0; i < glob.length(); ) {
      if (glob.startsWith("**", i)) {
        regex.append(SEGMENTS);
        i += 2;
      } else if (glob.charAt(i) == '*') {
        regex.append(SEGMENT);
        i++;
      } else {
        regex.append(Pattern.quote(String.valueOf(glob.charAt(i))));
        i++;
      }
    }
  }

  /** Whether the whole path (without query) matches. */
  public boolean matches(String path) {
    return pattern.matches(path);
  }
}
