package io.selvage.instrumentation.tomcat;

import io.selvage.engine.flow.BodyReplay;
import io.selvage.engine.flow.HeadChanges.Change;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.RequestHead;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import org.apache.coyote.Request;
import org.apache.tomcat.util.http.MimeHeaders;
import org.jspecify.annotations.Nullable;

/** A coyote request as the engine sees it: path and query as they came, not decoded. */
final class TomcatRequestHead extends RequestHead {
  private final Request request;

  TomcatRequestHead(Request request) {
    super(
        String.valueOf(request.getMethod()),
        "http",
        authority(request),
        path(request),
        protocol(request));
    this.request = request;
  }

  private static String authority(Request request) {
    String host = request.getMimeHeaders().getHeader("host");
    if (host != null) {
      return host;
    }
    String name = request.serverName().toString();
    if (name == null) {
      return "";
    }
    return request.getServerPort() > 0 ? name + ":" + request.getServerPort() : name;
  }

  private static String path(Request request) {
    String path = request.requestURI().toString();
    String query = request.queryString().toString();
    if (path == null) {
      return "/";
    }
    return query == null || query.isEmpty() ? path : path + "?" + query;
  }

  private static Protocol protocol(Request request) {
    String type = request.getMimeHeaders().getHeader("content-type");
    if (type != null && type.startsWith("application/grpc")) {
      return Protocol.GRPC;
    }
    return "HTTP/2.0".equals(String.valueOf(request.protocol())) ? Protocol.HTTP2 : Protocol.HTTP1;
  }

  @Override
  protected List<String> originals(String name) {
    return Collections.list(request.getMimeHeaders().values(name));
  }

  @Override
  protected @Nullable String original(String name) {
    return joined(request.getMimeHeaders(), name);
  }

  static @Nullable String joined(MimeHeaders headers, String name) {
    Enumeration<String> values = headers.values(name);
    if (!values.hasMoreElements()) {
      return null;
    }
    String first = values.nextElement();
    if (!values.hasMoreElements()) {
      return first;
    }
    StringBuilder all = new StringBuilder(first);
    while (values.hasMoreElements()) {
      all.append(',').append(values.nextElement());
    }
    return all.toString();
  }

  @Override
  public BodyReplay bodyReplay() {
    return BodyReplay.ONE_SHOT;
  }

  /** Makes the changes of the layers the application's. */
  void apply() {
    for (Change change : changes().list()) {
      MimeHeaders headers = request.getMimeHeaders();
      if (change.kind() != io.selvage.engine.flow.HeadChanges.Kind.ADD) {
        headers.removeHeader(change.name());
      }
      if (change.kind() != io.selvage.engine.flow.HeadChanges.Kind.REMOVE) {
        headers.addValue(change.name()).setString(change.value());
      }
    }
  }
}
