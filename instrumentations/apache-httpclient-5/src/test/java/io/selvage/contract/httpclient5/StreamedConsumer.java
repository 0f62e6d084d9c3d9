package io.selvage.contract.httpclient5;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import org.apache.hc.core5.concurrent.FutureCallback;
import org.apache.hc.core5.http.EntityDetails;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.nio.AsyncResponseConsumer;
import org.apache.hc.core5.http.nio.CapacityChannel;
import org.apache.hc.core5.http.protocol.HttpContext;

/** Gives the head at once, and the body as a stream. */
final class StreamedConsumer implements AsyncResponseConsumer<Void> {
  private static final byte[] END = {};

  private final CompletableFuture<HttpResponse> head = new CompletableFuture<>();
  private final LinkedBlockingQueue<byte[]> pieces = new LinkedBlockingQueue<>();
  private volatile Exception broken;
  private volatile boolean ended;
  private volatile Future<?> whole;
  private volatile FutureCallback<Void> result;

  CompletableFuture<HttpResponse> head() {
    return head;
  }

  /** A future that is cancelled tells nobody else. */
  void watch(Future<?> all) {
    whole = all;
  }

  @Override
  public void consumeResponse(
      HttpResponse response,
      EntityDetails body,
      HttpContext context,
      FutureCallback<Void> callback) {
    result = callback;
    head.complete(response);
    if (body == null) {
      ended = true;
      callback.completed(null);
    }
  }

  @Override
  public void informationResponse(HttpResponse response, HttpContext context) {
    // 100 and its like are the library's matter
  }

  @Override
  public void updateCapacity(CapacityChannel channel) throws IOException {
    channel.update(Integer.MAX_VALUE);
  }

  @Override
  public void consume(ByteBuffer bytes) {
    byte[] piece = new byte[bytes.remaining()];
    bytes.get(piece);
    if (piece.length > 0) {
      pieces.add(piece);
    }
  }

  @Override
  public void streamEnd(List<? extends Header> trailers) {
    ended = true;
    result.completed(null);
  }

  @Override
  public void failed(Exception cause) {
    broken = cause;
    head.completeExceptionally(cause);
    pieces.add(END);
  }

  /** The exchange is over, and its connection can be used again. */
  @Override
  public void releaseResources() {
    if (whole != null && whole.isCancelled()) {
      failed(new CancellationException());
    }
    if (ended) {
      pieces.add(END);
    }
  }

  InputStream body() {
    return new Body();
  }

  private final class Body extends InputStream {
    private byte[] piece = {};
    private int at;
    private boolean over;

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] to, int from, int most) throws IOException {
      if (most == 0) {
        return 0;
      }
      while (at == piece.length && !over) {
        try {
          piece = pieces.take();
        } catch (InterruptedException interrupted) {
          Thread.currentThread().interrupt();
          throw new InterruptedIOException();
        }
        at = 0;
        over = piece == END;
      }
      if (over) {
        if (broken != null) {
          throw new IOException(broken);
        }
        return -1;
      }
      int count = Math.min(most, piece.length - at);
      System.arraycopy(piece, at, to, from, count);
      at += count;
      return count;
    }
  }
}
