package io.selvage.instrumentation.netty.http2;

import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import io.selvage.engine.flow.HeadChanges;
import io.selvage.engine.flow.HeadChanges.Change;
import io.selvage.engine.flow.ResponseHead;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A response on its way to Netty's HTTP/2 codec. */
final class Http2ResponseHead extends ResponseHead {
  private final Http2Headers headers;

  Http2ResponseHead(Http2Headers headers) {
    super(Integer.parseInt(String.valueOf(value(headers, ":status"))));
    this.headers = headers;
  }

  @Override
  protected @Nullable String original(String name) {
    return value(headers, name);
  }

  /** By walking them, the only thing that gRPC's own headers can; several joined by a comma. */
  static @Nullable String value(Http2Headers headers, String name) {
    String all = null;
    for (Map.Entry<CharSequence, CharSequence> entry : headers) {
      if (AsciiString.contentEqualsIgnoreCase(entry.getKey(), name)) {
        all = all == null ? entry.getValue().toString() : all + "," + entry.getValue();
      }
    }
    return all;
  }

  @Override
  public int grpcStatus() {
    return grpcStatus(headers);
  }

  /** -1 when the headers carry none. */
  static int grpcStatus(Http2Headers headers) {
    String status = value(headers, "grpc-status");
    try {
      return status == null ? -1 : Integer.parseInt(status);
    } catch (NumberFormatException unreadable) {
      return 2;
    }
  }

  /** The same headers when nothing changes; a copy otherwise, as frameworks share theirs. */
  static Http2Headers changed(HeadChanges changes, Http2Headers headers) {
    if (changes.list().isEmpty()) {
      return headers;
    }
    Http2Headers copy = new DefaultHttp2Headers(false);
    headers.forEach(entry -> copy.add(entry.getKey(), entry.getValue()));
    for (Change change : changes.list()) {
      switch (change.kind()) {
        case SET -> copy.set(change.name(), change.value());
        case ADD -> copy.add(change.name(), change.value());
        case REMOVE -> copy.remove(change.name());
      }
    }
    return copy;
  }
}
