package io.selvage.instrumentation.httpclient5;

import io.selvage.engine.flow.BodyReplay;
import io.selvage.engine.flow.HeadChanges;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.RequestHead;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.HttpMessage;
import org.apache.hc.core5.http.message.BasicClassicHttpRequest;
import org.apache.hc.core5.net.URIAuthority;
import org.jspecify.annotations.Nullable;

/** A request of the library as the engine sees it. */
final class ClassicRequestHead extends RequestHead {
  private final ClassicHttpRequest request;

  ClassicRequestHead(ClassicHttpRequest request, HttpHost target) {
    super(request.getMethod(), "http", authority(request, target), path(request), Protocol.HTTP1);
    this.request = request;
  }

  private static String authority(ClassicHttpRequest request, HttpHost target) {
    Header host = request.getFirstHeader("host");
    if (host != null) {
      return host.getValue();
    }
    URIAuthority authority = request.getAuthority();
    String name = authority == null ? target.getHostName() : authority.getHostName();
    int port = authority == null ? target.getPort() : authority.getPort();
    return port < 0 ? name : name + ":" + port;
  }

  private static String path(ClassicHttpRequest request) {
    String path = request.getPath();
    return path == null || path.isEmpty() ? "/" : path;
  }

  /** Asked anew each time: newer versions call any body repeatable until it has been touched. */
  @Override
  public BodyReplay bodyReplay() {
    HttpEntity entity = request.getEntity();
    return entity == null || entity.isRepeatable() ? BodyReplay.REPEATABLE : BodyReplay.ONE_SHOT;
  }

  @Override
  protected @Nullable String original(String name) {
    return joined(request, name);
  }

  static @Nullable String joined(HttpMessage message, String name) {
    Header[] found = message.getHeaders(name);
    if (found.length == 0) {
      return null;
    }
    StringBuilder value = new StringBuilder(found[0].getValue());
    for (int i = 1; i < found.length; i++) {
      value.append(',').append(found[i].getValue());
    }
    return value.toString();
  }

  /**
   * A request to send once: the library adds headers to what it sends and refuses to add them
   * again.
   */
  ClassicHttpRequest copy() {
    BasicClassicHttpRequest copy =
        new BasicClassicHttpRequest(
            request.getMethod(), lineChanged() ? path() : request.getPath());
    copy.setVersion(request.getVersion());
    copy.setScheme(request.getScheme());
    copy.setAuthority(request.getAuthority());
    copy.setHeaders(request.getHeaders());
    apply(changes(), copy);
    if (lineChanged()) {
      copy.setHeader("Host", authority());
    }
    copy.setEntity(request.getEntity());
    return copy;
  }

  static void apply(HeadChanges changes, HttpMessage message) {
    for (HeadChanges.Change change : changes.list()) {
      switch (change.kind()) {
        case SET -> message.setHeader(change.name(), change.value());
        case ADD -> message.addHeader(change.name(), change.value());
        case REMOVE -> message.removeHeaders(change.name());
      }
    }
  }
}
