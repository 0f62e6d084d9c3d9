package io.selvage.instrumentation.netty.http2;

import io.netty.handler.codec.http2.Http2Headers;
import io.selvage.engine.flow.BodyReplay;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.RequestHead;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A request of Netty's HTTP/2 codec as the engine sees it. */
final class Http2RequestHead extends RequestHead {
  private final Http2Headers headers;

  Http2RequestHead(Http2Headers headers) {
    super(
        text(headers.method(), "GET"),
        "http",
        text(headers.authority(), text(headers.get("host"), "")),
        text(headers.path(), "/"),
        text(headers.get("content-type"), "").startsWith("application/grpc")
            ? Protocol.GRPC
            : Protocol.HTTP2);
    this.headers = headers;
  }

  private static String text(@Nullable CharSequence value, String otherwise) {
    return value == null ? otherwise : value.toString();
  }

  @Override
  protected @Nullable String original(String name) {
    return joined(headers, name);
  }

  static @Nullable String joined(Http2Headers headers, String name) {
    List<CharSequence> all = headers.getAll(name);
    return all.isEmpty() ? null : all.size() == 1 ? all.get(0).toString() : String.join(",", all);
  }

  @Override
  public BodyReplay bodyReplay() {
    return BodyReplay.ONE_SHOT;
  }
}
