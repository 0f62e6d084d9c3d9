package io.selvage.engine.routing;

import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.match.HostTable;
import io.selvage.engine.model.RouteAction;

/** Makes the location of a redirect. Source: Envoy {@code RouteEntryImplBase::newUri}. */
final class Redirects {
  private Redirects() {}

  /**
   * @param head with its path rewritten already
   */
  static String location(RouteAction.Redirect redirect, RequestHead head) {
    String scheme = redirect.scheme() == null ? head.scheme() : redirect.scheme();
    String path = path(redirect, head.path());
    return scheme
        + "://"
        + authority(redirect, scheme, head)
        + (path.startsWith("/") ? "" : "/")
        + path;
  }

  /** Where the request itself was sent to. */
  static String here(RequestHead head) {
    return head.scheme() + "://" + head.authority() + head.path();
  }

  private static String authority(RouteAction.Redirect redirect, String scheme, RequestHead head) {
    String host = redirect.host() == null ? head.authority() : redirect.host();
    if (redirect.port() > 0) {
      // a host that is written with a port keeps it, as in Envoy
      return (redirect.host() == null ? HostTable.withoutPort(host) : host) + ":" + redirect.port();
    }
    boolean schemeChanged = !scheme.equals(head.scheme());
    boolean wasDefault =
        host.endsWith("http".equals(head.scheme()) ? ":80" : ":443")
            && HostTable.withoutPort(host).length() < host.length();
    return redirect.host() == null && schemeChanged && wasDefault
        ? HostTable.withoutPort(host)
        : host;
  }

  private static String path(RouteAction.Redirect redirect, String original) {
    int query = original.indexOf('?');
    String rest = query < 0 ? "" : original.substring(query);
    if (redirect.path() != null) {
      boolean ownQuery = redirect.path().indexOf('?') >= 0;
      return ownQuery || redirect.stripQuery() ? redirect.path() : redirect.path() + rest;
    }
    return redirect.stripQuery() && query >= 0 ? original.substring(0, query) : original;
  }
}
