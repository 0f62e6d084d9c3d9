package io.selvage.instrumentation.netty.http1;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.selvage.engine.flow.BodyReplay;
import io.selvage.engine.flow.HeadChanges;
import io.selvage.engine.flow.HeadChanges.Change;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.RequestHead;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A request of Netty's HTTP/1.1 codec as the engine sees it. */
final class Http1RequestHead extends RequestHead {
  private final HttpHeaders headers;

  Http1RequestHead(HttpRequest request) {
    super(request.method().name(), "http", authority(request), path(request.uri()), Protocol.HTTP1);
    this.headers = request.headers();
  }

  private static String authority(HttpRequest request) {
    String host = request.headers().get("host");
    return host == null ? "" : host;
  }

  /** A proxy's absolute form names the authority too; what counts is the path (RFC 9112 §3.2.2). */
  private static String path(String uri) {
    int scheme = uri.indexOf("://");
    if (uri.startsWith("/") || scheme < 0) {
      return uri;
    }
    int slash = uri.indexOf('/', scheme + 3);
    return slash < 0 ? "/" : uri.substring(slash);
  }

  @Override
  protected List<String> originals(String name) {
    return headers.getAll(name);
  }

  @Override
  protected @Nullable String original(String name) {
    return joined(headers, name);
  }

  static @Nullable String joined(HttpHeaders headers, String name) {
    List<String> all = headers.getAll(name);
    return all.isEmpty() ? null : all.size() == 1 ? all.get(0) : String.join(",", all);
  }

  @Override
  public BodyReplay bodyReplay() {
    return BodyReplay.ONE_SHOT;
  }

  void apply() {
    apply(changes(), headers);
  }

  static void apply(HeadChanges changes, HttpHeaders headers) {
    for (Change change : changes.list()) {
      switch (change.kind()) {
        case SET -> headers.set(change.name(), change.value());
        case ADD -> headers.add(change.name(), change.value());
        case REMOVE -> headers.remove(change.name());
      }
    }
  }
}
