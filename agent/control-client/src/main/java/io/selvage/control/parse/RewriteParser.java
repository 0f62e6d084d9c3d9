package io.selvage.control.parse;

import io.envoyproxy.envoy.config.route.v3.RedirectAction;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig;
import io.envoyproxy.envoy.extensions.path.rewrite.uri_template.v3.UriTemplateRewriteConfig;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatchAndSubstitute;
import io.selvage.engine.match.RegexReplacement;
import io.selvage.engine.match.UriTemplate;
import io.selvage.engine.model.RegexRewrite;
import io.selvage.engine.model.Rewrite;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** How a route changes the request line, or sends the caller elsewhere. */
final class RewriteParser {
  static final String TEMPLATE_MATCH =
      "envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig";
  private static final String TEMPLATE_REWRITE =
      "envoy.extensions.path.rewrite.uri_template.v3.UriTemplateRewriteConfig";

  private RewriteParser() {}

  static @Nullable Rewrite rewrite(RouteAction action, RouteMatch match, Field f) {
    String prefix = action.getPrefixRewrite().isEmpty() ? null : action.getPrefixRewrite();
    RegexRewrite regex =
        action.hasRegexRewrite() ? regex(action.getRegexRewrite(), f.at("regex_rewrite")) : null;
    String template = template(action, match, f.at("path_rewrite_policy"));
    if (Stream.of(prefix != null, regex != null, template != null).filter(b -> b).count() > 1) {
      f.refuse("only one of prefix_rewrite, regex_rewrite and path_rewrite_policy may be there");
    }
    if (prefix != null && match.hasPathMatchPolicy()) {
      f.at("prefix_rewrite").refuse("cannot be used with a path template");
    }
    String authority = null;
    boolean fromHost = false;
    String header = null;
    RegexRewrite fromPath = null;
    switch (action.getHostRewriteSpecifierCase()) {
      case HOST_REWRITE_LITERAL -> authority = action.getHostRewriteLiteral();
      case AUTO_HOST_REWRITE -> fromHost = action.getAutoHostRewrite().getValue();
      case HOST_REWRITE_HEADER -> header = action.getHostRewriteHeader().toLowerCase(Locale.ROOT);
      case HOST_REWRITE_PATH_REGEX ->
          fromPath = regex(action.getHostRewritePathRegex(), f.at("host_rewrite_path_regex"));
      case HOSTREWRITESPECIFIER_NOT_SET -> {}
    }
    Rewrite rewrite =
        new Rewrite(
            prefix,
            regex,
            template,
            authority,
            fromHost,
            header,
            fromPath,
            action.getAppendXForwardedHost());
    boolean nothing =
        !rewrite.changesPath()
            && !fromHost
            && authority == null
            && header == null
            && fromPath == null;
    return nothing ? null : rewrite;
  }

  private static @Nullable String template(RouteAction action, RouteMatch match, Field f) {
    if (!action.hasPathRewritePolicy()) {
      return null;
    }
    if (!match.hasPathMatchPolicy()) {
      f.refuse("a path template is rewritten only where one is matched");
      return null;
    }
    UriTemplateRewriteConfig rewrite =
        f.unpack(
            action.getPathRewritePolicy().getTypedConfig(),
            TEMPLATE_REWRITE,
            UriTemplateRewriteConfig.parser());
    UriTemplateMatchConfig matched =
        f.unpack(
            match.getPathMatchPolicy().getTypedConfig(),
            TEMPLATE_MATCH,
            UriTemplateMatchConfig.parser());
    if (rewrite == null || matched == null) {
      return null;
    }
    try {
      var unused =
          UriTemplate.of(matched.getPathTemplate()).filling(rewrite.getPathTemplateRewrite());
    } catch (IllegalArgumentException bad) {
      f.refuse(String.valueOf(bad.getMessage()));
    }
    return rewrite.getPathTemplateRewrite();
  }

  static RegexRewrite regex(RegexMatchAndSubstitute rewrite, Field f) {
    RegexRewrite read =
        new RegexRewrite(
            Values.regex(rewrite.getPattern().getRegex(), f.at("pattern.regex")),
            rewrite.getSubstitution());
    try {
      String flaw = RegexReplacement.of(read).flaw();
      if (flaw != null) {
        f.at("substitution").warn(flaw);
      }
    } catch (IllegalArgumentException bad) {
      // refused above
    }
    return read;
  }

  static io.selvage.engine.model.RouteAction redirect(RedirectAction r, RouteMatch match, Field f) {
    String scheme =
        switch (r.getSchemeRewriteSpecifierCase()) {
          case HTTPS_REDIRECT -> r.getHttpsRedirect() ? "https" : null;
          case SCHEME_REDIRECT -> r.getSchemeRedirect().isEmpty() ? null : r.getSchemeRedirect();
          case SCHEMEREWRITESPECIFIER_NOT_SET -> null;
        };
    String path = null;
    String prefix = null;
    RegexRewrite regex = null;
    switch (r.getPathRewriteSpecifierCase()) {
      case PATH_REDIRECT -> path = r.getPathRedirect().isEmpty() ? null : r.getPathRedirect();
      case PREFIX_REWRITE -> {
        prefix = r.getPrefixRewrite();
        if (match.hasPathMatchPolicy()) {
          f.at("prefix_rewrite").refuse("cannot be used with a path template");
        }
      }
      case REGEX_REWRITE -> regex = regex(r.getRegexRewrite(), f.at("regex_rewrite"));
      case PATHREWRITESPECIFIER_NOT_SET -> {}
    }
    return new io.selvage.engine.model.RouteAction.Redirect(
        scheme,
        r.getHostRedirect().isEmpty() ? null : r.getHostRedirect(),
        r.getPortRedirect(),
        path,
        prefix,
        regex,
        status(r, f),
        r.getStripQuery());
  }

  private static int status(RedirectAction r, Field f) {
    return switch (r.getResponseCode()) {
      case MOVED_PERMANENTLY -> 301;
      case FOUND -> 302;
      case SEE_OTHER -> 303;
      case TEMPORARY_REDIRECT -> 307;
      case PERMANENT_REDIRECT -> 308;
      case UNRECOGNIZED -> {
        f.at("response_code").refuse("unknown code " + r.getResponseCodeValue());
        yield 301;
      }
    };
  }
}
