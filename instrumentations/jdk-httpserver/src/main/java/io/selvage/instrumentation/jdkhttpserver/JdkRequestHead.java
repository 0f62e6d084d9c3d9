package io.selvage.instrumentation.jdkhttpserver;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import io.selvage.engine.flow.BodyReplay;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.RequestHead;
import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A request of the JDK's server as the engine sees it: path and query as they came. */
final class JdkRequestHead extends RequestHead {
  private final Headers headers;

  JdkRequestHead(HttpExchange exchange) {
    super(
        exchange.getRequestMethod(),
        "http",
        authority(exchange),
        path(exchange.getRequestURI()),
        Protocol.HTTP1);
    this.headers = exchange.getRequestHeaders();
    String decoded = exchange.getRequestURI().getPath();
    if (decoded != null && !decoded.isEmpty()) {
      means(decoded); // what the server looks up its contexts by
    }
  }

  private static String authority(HttpExchange exchange) {
    String host = exchange.getRequestHeaders().getFirst("Host");
    return host == null ? "" : host;
  }

  /** Without what a proxy's absolute form has in front (RFC 9112 §3.2.2). */
  private static String path(URI uri) {
    String text = uri.toString();
    int scheme = text.indexOf("://");
    if (text.startsWith("/") || scheme < 0) {
      return text;
    }
    int slash = text.indexOf('/', scheme + 3);
    return slash < 0 ? "/" : text.substring(slash);
  }

  @Override
  protected List<String> originals(String name) {
    List<String> all = headers.get(name);
    return all == null ? List.of() : all;
  }

  @Override
  protected @Nullable String original(String name) {
    return joined(headers, name);
  }

  static @Nullable String joined(Headers headers, String name) {
    List<String> all = headers.get(name);
    return all == null || all.isEmpty()
        ? null
        : all.size() == 1 ? all.get(0) : String.join(",", all);
  }

  @Override
  public BodyReplay bodyReplay() {
    return BodyReplay.ONE_SHOT;
  }
}
