package io.selvage.instrumentation.netty.http2;

import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import io.selvage.engine.flow.BodyReplay;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.RequestHead;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A request of Netty's HTTP/2 codec as the engine sees it. */
final class Http2RequestHead extends RequestHead {
  // gRPC's own headers take nothing but this type of name
  private static final AsciiString HOST = AsciiString.cached("host");
  private static final AsciiString CONTENT_TYPE = AsciiString.cached("content-type");

  private final Http2Headers headers;

  Http2RequestHead(Http2Headers headers) {
    super(
        text(headers.method(), "GET"),
        "http",
        text(headers.authority(), text(headers.get(HOST), "")),
        text(headers.path(), "/"),
        text(headers.get(CONTENT_TYPE), "").startsWith("application/grpc")
            ? Protocol.GRPC
            : Protocol.HTTP2);
    this.headers = headers;
  }

  private static String text(@Nullable CharSequence value, String otherwise) {
    return value == null ? otherwise : value.toString();
  }

  @Override
  protected List<String> originals(String name) {
    return headers.getAll(AsciiString.of(name)).stream().map(CharSequence::toString).toList();
  }

  @Override
  protected @Nullable String original(String name) {
    List<CharSequence> all = headers.getAll(AsciiString.of(name));
    return all.isEmpty() ? null : all.size() == 1 ? all.get(0).toString() : String.join(",", all);
  }

  @Override
  public BodyReplay bodyReplay() {
    return BodyReplay.ONE_SHOT;
  }
}
