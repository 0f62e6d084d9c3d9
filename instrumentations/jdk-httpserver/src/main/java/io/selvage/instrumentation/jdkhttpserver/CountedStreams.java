package io.selvage.instrumentation.jdkhttpserver;

import com.sun.net.httpserver.HttpExchange;
import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.atomic.AtomicLong;

/** An exchange's streams, counted; closing the response's is the end of the exchange. */
final class CountedStreams {
  private final HttpExchange exchange;
  private final JdkExchange owner;
  private final AtomicLong requestBytes = new AtomicLong();
  private final AtomicLong responseBytes = new AtomicLong();

  CountedStreams(HttpExchange exchange, JdkExchange owner) {
    this.exchange = exchange;
    this.owner = owner;
  }

  /** Puts them around the exchange's own, as filters do. */
  void install() {
    exchange.setStreams(new In(exchange.getRequestBody()), new Out(exchange.getResponseBody()));
  }

  long requestBytes() {
    return requestBytes.get();
  }

  long responseBytes() {
    return responseBytes.get();
  }

  private final class In extends FilterInputStream {
    In(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int value = in.read();
      if (value >= 0) {
        requestBytes.incrementAndGet();
      }
      return value;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      int count = in.read(target, offset, length);
      if (count > 0) {
        requestBytes.addAndGet(count);
      }
      return count;
    }
  }

  private final class Out extends FilterOutputStream {
    Out(OutputStream out) {
      super(out);
    }

    @Override
    public void write(int value) throws IOException {
      out.write(value);
      responseBytes.incrementAndGet();
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
      out.write(source, offset, length);
      responseBytes.addAndGet(length);
    }

    @Override
    public void close() throws IOException {
      boolean complete = false;
      owner.ending();
      try {
        out.close();
        complete = true;
      } finally {
        owner.end(complete);
      }
    }
  }
}
