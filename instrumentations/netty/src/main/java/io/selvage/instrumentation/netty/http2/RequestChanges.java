package io.selvage.instrumentation.netty.http2;

import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import io.selvage.engine.flow.HeadChanges;
import io.selvage.engine.flow.HeadChanges.Change;
import io.selvage.engine.flow.HeadChanges.Kind;

/** Makes the layers' changes the application's, in the headers that the codec has read. */
final class RequestChanges {
  private static final AsciiString SCHEME = AsciiString.cached(":scheme");
  private static final AsciiString HTTP = AsciiString.cached("http");
  private static final AsciiString HTTPS = AsciiString.cached("https");

  private RequestChanges() {}

  /** Callers name the scheme; the application is to see what it would without us. */
  static void hideTls(Http2Headers headers) {
    CharSequence scheme = headers.scheme();
    if (scheme != null && HTTPS.contentEquals(scheme)) {
      headers.remove(SCHEME);
      headers.add(SCHEME, HTTP);
    }
  }

  /** By removing and adding only: gRPC's own headers can no more. */
  static void apply(HeadChanges changes, Http2Headers headers) {
    for (Change change : changes.list()) {
      if (change.kind() != Kind.ADD) {
        headers.remove(AsciiString.of(change.name()));
      }
      if (change.kind() != Kind.REMOVE) {
        headers.add(AsciiString.of(change.name()), AsciiString.of(change.value()));
      }
    }
  }
}
