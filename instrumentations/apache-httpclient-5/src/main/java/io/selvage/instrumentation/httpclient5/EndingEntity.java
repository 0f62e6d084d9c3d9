package io.selvage.instrumentation.httpclient5;

import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.extension.Abandonment;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.hc.client5.http.classic.ExecRuntime;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.io.entity.HttpEntityWrapper;

/**
 * A response body that ends its exchange with its last byte, when it is closed, or when it breaks.
 */
final class EndingEntity extends HttpEntityWrapper {
  private final Exchange exchange;
  private final ExecRuntime runtime;
  private final long length;

  EndingEntity(HttpEntity entity, Exchange exchange, ExecRuntime runtime) {
    super(entity);
    this.exchange = exchange;
    this.runtime = runtime;
    this.length = entity.getContentLength();
    Abandonment.watch(this, dropped(exchange));
  }

  /** Refers to the exchange alone, or nothing would ever be dropped. */
  private static Runnable dropped(Exchange exchange) {
    return () -> exchange.end(End.ABORTED);
  }

  @Override
  public InputStream getContent() throws IOException {
    InputStream content = super.getContent();
    return content == null ? InputStream.nullInputStream() : new Counted(content);
  }

  @Override
  public void writeTo(OutputStream out) throws IOException {
    try (InputStream in = getContent()) {
      in.transferTo(out);
    }
  }

  @Override
  public void close() throws IOException {
    try {
      super.close();
    } finally {
      exchange.end(End.ABORTED);
    }
  }

  private final class Counted extends FilterInputStream {
    private long read;

    Counted(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      try {
        int one = in.read();
        seen(one < 0 ? -1 : 1);
        return one;
      } catch (IOException | RuntimeException broken) {
        end(false);
        throw broken;
      }
    }

    @Override
    public int read(byte[] to, int from, int most) throws IOException {
      try {
        int count = in.read(to, from, most);
        seen(count);
        return count;
      } catch (IOException | RuntimeException broken) {
        end(false);
        throw broken;
      }
    }

    @Override
    public long skip(long count) throws IOException {
      long skipped = in.skip(count);
      read += skipped;
      return skipped;
    }

    private void seen(int count) {
      if (count < 0) {
        // first the connection is free, then whoever waits for one goes on
        runtime.releaseEndpoint();
        end(true);
      } else {
        read += count;
        exchange.active();
      }
    }

    private void end(boolean complete) {
      exchange.end(new End(complete, -1, -1, read));
    }

    @Override
    public void close() throws IOException {
      try {
        super.close();
      } finally {
        end(read == length);
      }
    }
  }
}
