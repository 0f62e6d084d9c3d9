package io.selvage.instrumentation.httpclient5async;

import io.selvage.engine.flow.BodyReplay;
import io.selvage.engine.flow.HeadChanges;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.RequestHead;
import java.net.URISyntaxException;
import java.util.Arrays;
import java.util.List;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.HttpMessage;
import org.apache.hc.core5.http.HttpRequest;
import org.apache.hc.core5.http.message.BasicHttpRequest;
import org.apache.hc.core5.net.URIAuthority;
import org.jspecify.annotations.Nullable;

/** A request of the library as the engine sees it. */
final class AsyncRequest extends RequestHead {
  private final HttpRequest request;
  private final @Nullable RequestBody body;

  AsyncRequest(
      HttpRequest request, HttpHost target, @Nullable RequestBody body, boolean multiplexed) {
    super(
        request.getMethod(),
        "http",
        authority(request, target),
        path(request),
        multiplexed ? Protocol.HTTP2 : Protocol.HTTP1);
    this.request = request;
    this.body = body;
  }

  private AsyncRequest(AsyncRequest original) {
    super(
        original.method(),
        original.scheme(),
        original.authority(),
        original.path(),
        original.protocol());
    this.request = original.request;
    this.body = original.body == null ? null : original.body.copy();
  }

  @Override
  public RequestHead shadowCopy() {
    return new AsyncRequest(this);
  }

  @Nullable RequestBody body() {
    return body;
  }

  private static String authority(HttpRequest request, HttpHost target) {
    Header host = request.getFirstHeader("host");
    if (host != null) {
      return host.getValue();
    }
    URIAuthority authority = request.getAuthority();
    String name = authority == null ? target.getHostName() : authority.getHostName();
    int port = authority == null ? target.getPort() : authority.getPort();
    return port < 0 ? name : name + ":" + port;
  }

  private static String path(HttpRequest request) {
    String path = request.getPath();
    return path == null || path.isEmpty() ? "/" : path;
  }

  @Override
  public BodyReplay bodyReplay() {
    return body == null ? BodyReplay.REPEATABLE : body.replay();
  }

  @Override
  protected List<String> originals(String name) {
    return Arrays.stream(request.getHeaders(name)).map(Header::getValue).toList();
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
  HttpRequest copy() {
    BasicHttpRequest copy =
        new BasicHttpRequest(request.getMethod(), lineChanged() ? path() : request.getPath());
    copy.setVersion(request.getVersion());
    copy.setScheme(request.getScheme());
    copy.setAuthority(request.getAuthority());
    copy.setHeaders(request.getHeaders());
    apply(changes(), copy);
    if (lineChanged()) {
      move(copy);
    }
    return copy;
  }

  /** HTTP/2 takes the authority, HTTP/1.1 makes its header of it. */
  private void move(HttpRequest copy) {
    try {
      copy.setAuthority(URIAuthority.create(authority()));
      copy.removeHeaders("Host");
    } catch (URISyntaxException odd) {
      copy.setHeader("Host", authority());
    }
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
