package io.selvage.instrumentation.netty.http2;

import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.AttributeKey;
import io.selvage.extension.InboundCall;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The requests of one connection, by stream; each ends when its stream closes. On the event loop.
 */
final class Streams {
  private static final AttributeKey<Object> STREAMS = AttributeKey.valueOf("io.selvage.streams");
  private static final AttributeKey<Object> UPGRADED = AttributeKey.valueOf("io.selvage.upgraded");
  private static final int UPGRADE_STREAM = 1;

  private final Channel channel;
  private final Map<Integer, StreamCall> calls = new HashMap<>();

  private Streams(Channel channel, Http2Connection connection) {
    this.channel = channel;
    connection.addListener(
        new Http2ConnectionAdapter() {
          @Override
          public void onStreamClosed(Http2Stream stream) {
            StreamCall call = calls.remove(stream.id());
            if (call != null) {
              call.closed();
            }
          }
        });
  }

  /** Those of a connection, made when first asked for. */
  static Streams of(Channel channel, Http2Connection connection) {
    Object known = channel.attr(STREAMS).get();
    if (known instanceof Streams streams) {
      return streams;
    }
    Streams made = new Streams(channel, connection);
    channel.attr(STREAMS).set(made);
    return made;
  }

  /**
   * The request of a stream; null when the mesh has nothing to do with it. The first is the one
   * that asked for the upgrade, if one did: it was decided as HTTP/1.1, and frameworks may hand it
   * on without a frame.
   */
  @Nullable StreamCall get(int streamId) {
    StreamCall known = calls.get(streamId);
    if (known != null || streamId != UPGRADE_STREAM) {
      return known;
    }
    Object upgraded = channel.attr(UPGRADED).getAndSet(null);
    return upgraded instanceof InboundCall decided ? put(streamId, new StreamCall(decided)) : null;
  }

  StreamCall put(int streamId, StreamCall call) {
    calls.put(streamId, call);
    return call;
  }
}
