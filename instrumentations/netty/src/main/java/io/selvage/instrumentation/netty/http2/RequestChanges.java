package io.selvage.instrumentation.netty.http2;

import io.netty.handler.codec.http2.Http2Headers;
import io.selvage.engine.flow.HeadChanges;
import io.selvage.engine.flow.HeadChanges.Change;
import io.selvage.engine.flow.HeadChanges.Kind;

/** Makes the layers' changes the application's, in the headers that the codec has read. */
final class RequestChanges {
  private RequestChanges() {}

  /** By removing and adding only: gRPC's own headers can no more. */
  static void apply(HeadChanges changes, Http2Headers headers) {
    for (Change change : changes.list()) {
      if (change.kind() != Kind.ADD) {
        headers.remove(change.name());
      }
      if (change.kind() != Kind.REMOVE) {
        headers.add(change.name(), change.value());
      }
    }
  }
}
