package io.selvage.instrumentation.testing.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/2 by hand (RFC 9113): one stream at a time, with flow control, so that resets and GOAWAY are
 * seen as they come. Only the header compression is a library's.
 */
public final class Http2Wire extends Wire {
  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  private static final int SETTINGS = 4;
  private static final int PING = 6;
  private static final int GOAWAY = 7;
  private static final int WINDOW_UPDATE = 8;
  private static final int CONTINUATION = 9;
  private static final int END_STREAM = 1;
  private static final int END_HEADERS = 4;
  private static final int INITIAL_WINDOW = 65_535;

  private final DataInputStream in;
  private final OutputStream out;
  private final DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();
  private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(true);
  private final boolean upgrades;
  private int nextStream = 1;
  private long connectionWindow = INITIAL_WINDOW;
  private long streamWindow;
  private int unacknowledged;
  private int peerInitialWindow = INITIAL_WINDOW;
  private boolean started;
  private boolean goneAway;
  private int goneAwayCode;

  // the answer that is being read
  private int stream;
  private Http2Headers head = new DefaultHttp2Headers();
  private ByteArrayOutputStream body = new ByteArrayOutputStream();
  private boolean headRead;
  private boolean over;
  private long resetCode = -1;
  private ByteArrayOutputStream fragments = new ByteArrayOutputStream();

  Http2Wire(Socket socket, boolean upgrades) throws IOException {
    super(socket);
    this.in = new DataInputStream(socket.getInputStream());
    this.out = socket.getOutputStream();
    this.upgrades = upgrades;
  }

  @Override
  public Reply send(Ask ask) throws IOException {
    begin();
    if (!started && upgrades) {
      Reply refused = upgrade(ask);
      if (refused != null) {
        return refused;
      }
    } else {
      start();
      stream = nextStream;
      nextStream += 2;
      request(ask);
    }
    try {
      while (!over) {
        frame();
      }
    } catch (EOFException closed) {
      throw new IOException("closed; GOAWAY " + goneAway + " with " + goneAwayCode, closed);
    }
    return reply();
  }

  private void begin() {
    head = new DefaultHttp2Headers();
    body = new ByteArrayOutputStream();
    headRead = false;
    over = false;
    resetCode = -1;
    unacknowledged = 0;
    streamWindow = peerInitialWindow;
  }

  private Reply reply() throws IOException {
    if (!headRead || resetCode >= 0) {
      throw new EOFException("stream " + stream + " was reset with " + resetCode);
    }
    Map<String, String> headers = new LinkedHashMap<>();
    head.forEach(
        e -> headers.merge(e.getKey().toString(), e.getValue().toString(), (a, b) -> a + "," + b));
    return new Reply(Integer.parseInt(headers.get(":status")), headers, body.toByteArray());
  }

  private void start() throws IOException {
    if (!started) {
      started = true;
      out.write(PREFACE);
      write(SETTINGS, 0, 0, new byte[0]);
      // room for large downloads
      write(WINDOW_UPDATE, 0, 0, ByteBuffer.allocate(4).putInt(1 << 24).array());
    }
  }

  /** Null when the server has switched; its plain HTTP/1.1 answer otherwise. */
  private @Nullable Reply upgrade(Ask ask) throws IOException {
    Map<String, String> further = new LinkedHashMap<>();
    further.put("connection", "Upgrade, HTTP2-Settings");
    further.put("upgrade", "h2c");
    further.put("http2-settings", "AAMAAABkAAQAAP__");
    out.write(ask.wire("localhost:" + socket.getPort(), further));
    out.flush();
    Reply switched = Http1Wire.read(in, "HEAD".equals(ask.method()));
    if (switched.status() != 101) {
      return switched;
    }
    start();
    stream = 1;
    nextStream = 3;
    return null;
  }

  private void request(Ask ask) throws IOException {
    Http2Headers headers =
        new DefaultHttp2Headers(false)
            .method(ask.method())
            .scheme("http")
            .authority("localhost:" + socket.getPort())
            .path(ask.path());
    ask.headers().forEach((name, values) -> values.forEach(value -> headers.add(name, value)));
    if (ask.body().length > 0) {
      headers.set("content-length", Integer.toString(ask.body().length));
    }
    ByteBuf block = Unpooled.buffer();
    try {
      encoder.encodeHeaders(stream, headers, block);
    } catch (Http2Exception broken) {
      throw new IOException(broken);
    }
    byte[] bytes = new byte[block.readableBytes()];
    block.readBytes(bytes);
    int flags = END_HEADERS | (ask.body().length == 0 ? END_STREAM : 0);
    write(HEADERS, flags, stream, bytes);
    data(ask.body());
  }

  private void data(byte[] all) throws IOException {
    int sent = 0;
    while (sent < all.length && !over) {
      int room = (int) Math.min(Math.min(connectionWindow, streamWindow), 16_384);
      if (room <= 0) {
        frame();
        continue;
      }
      int length = Math.min(room, all.length - sent);
      byte[] piece = java.util.Arrays.copyOfRange(all, sent, sent + length);
      sent += length;
      connectionWindow -= length;
      streamWindow -= length;
      write(DATA, sent == all.length ? END_STREAM : 0, stream, piece);
    }
  }

  private void write(int type, int flags, int id, byte[] payload) throws IOException {
    ByteBuffer frame = ByteBuffer.allocate(9 + payload.length);
    frame.put((byte) (payload.length >> 16)).putShort((short) payload.length);
    frame.put((byte) type).put((byte) flags).putInt(id).put(payload);
    out.write(frame.array());
    out.flush();
  }

  private void frame() throws IOException {
    int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
    int type = in.readUnsignedByte();
    int flags = in.readUnsignedByte();
    int id = in.readInt();
    byte[] payload = in.readNBytes(length);
    ByteBuffer content = ByteBuffer.wrap(payload);
    switch (type) {
      case SETTINGS -> settings(flags, content);
      case PING -> {
        if ((flags & 1) == 0) {
          write(PING, 1, 0, payload);
        }
      }
      case GOAWAY -> {
        goneAway = true;
        goneAwayCode = content.getInt(4);
      }
      case WINDOW_UPDATE -> {
        if (id == 0) {
          connectionWindow += content.getInt();
        } else if (id == stream) {
          streamWindow += content.getInt();
        }
      }
      case HEADERS, CONTINUATION -> headers(type, flags, payload);
      case DATA -> received(flags, id, payload);
      case RST_STREAM -> {
        if (id == stream && !over) {
          resetCode = content.getInt();
          over = true;
        }
      }
      default -> {}
    }
  }

  private void settings(int flags, ByteBuffer content) throws IOException {
    if ((flags & 1) != 0) {
      return;
    }
    while (content.remaining() >= 6) {
      int name = content.getShort();
      int value = content.getInt();
      if (name == 4) {
        streamWindow += value - peerInitialWindow;
        peerInitialWindow = value;
      }
    }
    write(SETTINGS, 1, 0, new byte[0]);
  }

  private void headers(int type, int flags, byte[] payload) throws IOException {
    int offset = type == HEADERS && (flags & 0x20) != 0 ? 5 : 0;
    fragments.write(payload, offset, payload.length - offset);
    if ((flags & END_STREAM) != 0 && type == HEADERS) {
      over = true;
    }
    if ((flags & END_HEADERS) == 0) {
      return;
    }
    try {
      Http2Headers read =
          decoder.decodeHeaders(stream, Unpooled.wrappedBuffer(fragments.toByteArray()));
      read.forEach(e -> head.add(e.getKey(), e.getValue()));
      headRead = true;
    } catch (Http2Exception broken) {
      throw new IOException(broken);
    } finally {
      fragments = new ByteArrayOutputStream();
    }
  }

  private void received(int flags, int id, byte[] payload) throws IOException {
    if (id == stream) {
      body.writeBytes(payload);
      over |= (flags & END_STREAM) != 0;
    }
    // servers take many small updates for an attack
    unacknowledged += payload.length;
    if (unacknowledged > INITIAL_WINDOW / 2) {
      byte[] update = ByteBuffer.allocate(4).putInt(unacknowledged).array();
      write(WINDOW_UPDATE, 0, 0, update);
      if (!over) {
        write(WINDOW_UPDATE, 0, id, update);
      }
      unacknowledged = 0;
    }
  }

  @Override
  public boolean isGivenUp() throws IOException {
    try {
      while (!goneAway) {
        frame();
      }
      return true;
    } catch (SocketTimeoutException open) {
      return false;
    } catch (IOException closed) {
      return true;
    }
  }
}
