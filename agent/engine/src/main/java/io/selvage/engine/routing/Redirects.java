package io.selvage.engine.routing;

import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.match.HostTable;
import io.selvage.engine.model.RouteAction;
import io.selvage.engine.snapshot.Rewriter;
import org.jspecify.annotations.Nullable;

/** Makes the location of a redirect. Source: Envoy {@code RouteEntryImplBase::newUri}. */
final class Redirects {
  private Redirects() {}

  static String location(
      RouteAction.Redirect redirect, @Nullable Rewriter rewriter, RequestHead head) {
    String scheme = redirect.scheme() == null ? head.scheme() : redirect.scheme();
    return scheme
        + "://"
        + authority(redirect, scheme, head)
        + path(redirect, rewriter, head.path());
  }

  private static String authority(RouteAction.Redirect redirect, String scheme, RequestHead head) {
    String host = redirect.host() == null ? head.authority() : redirect.host();
    if (redirect.port() > 0) {
      return HostTable.withoutPort(host) + ":" + redirect.port();
    }
    boolean schemeChanged = !scheme.equals(head.scheme());
    boolean wasDefault =
        host.endsWith("http".equals(head.scheme()) ? ":80" : ":443")
            && HostTable.withoutPort(host).length() < host.length();
    return redirect.host() == null && schemeChanged && wasDefault
        ? HostTable.withoutPort(host)
        : host;
  }

  private static String path(
      RouteAction.Redirect redirect, @Nullable Rewriter rewriter, String original) {
    int query = original.indexOf('?');
    String rest = query < 0 ? "" : original.substring(query);
    if (redirect.path() != null) {
      boolean ownQuery = redirect.path().indexOf('?') >= 0;
      return ownQuery || redirect.stripQuery() ? redirect.path() : redirect.path() + rest;
    }
    String path = rewriter == null ? original : rewriter.apply(original);
    if (!redirect.stripQuery()) {
      return path;
    }
    int cut = path.indexOf('?');
    return cut < 0 ? path : path.substring(0, cut);
  }
}
