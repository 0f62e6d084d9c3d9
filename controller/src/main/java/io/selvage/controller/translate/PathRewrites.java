package io.selvage.controller.translate;

import com.google.re2j.Pattern;
import io.envoyproxy.envoy.config.route.v3.RedirectAction;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatchAndSubstitute;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.selvage.controller.resource.view.MeshRoute.Path;
import io.selvage.controller.resource.view.RouteFilter.PathModifier;
import org.jspecify.annotations.Nullable;

/**
 * New paths of Gateway API filters. A replaced prefix never leaves two slashes and never an empty
 * path, whatever slashes are at the ends of both (table at {@code ReplacePrefixMatch}).
 */
final class PathRewrites {
  private PathRewrites() {}

  /** A prefix for Envoy to put in place, or an expression and its substitution. */
  private record Change(String prefix, @Nullable RegexMatchAndSubstitute regex) {}

  static void rewrite(RouteAction.Builder action, @Nullable PathModifier path, Path matched) {
    if (path == null) {
      return;
    }
    String full = path.full();
    if (full != null) {
      action.setRegexRewrite(substitute("^/.*", absolute(full)));
      return;
    }
    Change change = prefix(path, matched);
    if (change.regex() != null) {
      action.setRegexRewrite(change.regex());
    } else {
      action.setPrefixRewrite(change.prefix());
    }
  }

  static void redirect(RedirectAction.Builder redirect, @Nullable PathModifier path, Path matched) {
    if (path == null) {
      return;
    }
    String full = path.full();
    if (full != null) {
      redirect.setPathRedirect(absolute(full));
      return;
    }
    Change change = prefix(path, matched);
    if (change.regex() != null) {
      redirect.setRegexRewrite(change.regex());
    } else {
      redirect.setPrefixRewrite(change.prefix());
    }
  }

  private static String absolute(String path) {
    return path.startsWith("/") ? path : "/" + path;
  }

  private static Change prefix(PathModifier path, Path matched) {
    String by = absolute(path.prefix() == null ? "" : path.prefix());
    String trimmed = by.endsWith("/") ? by.substring(0, by.length() - 1) : by;
    String old = matched.value();
    if (old.isEmpty()) {
      // the prefix / is the slash at the start of every path
      return new Change(trimmed + "/", null);
    }
    if (trimmed.isEmpty()) {
      return new Change("", substitute("^" + Pattern.quote(old) + "/?", "/"));
    }
    return new Change(trimmed, null);
  }

  private static RegexMatchAndSubstitute substitute(String pattern, String by) {
    return RegexMatchAndSubstitute.newBuilder()
        .setPattern(RegexMatcher.newBuilder().setRegex(pattern))
        .setSubstitution(by.replace("\\", "\\\\"))
        .build();
  }
}
