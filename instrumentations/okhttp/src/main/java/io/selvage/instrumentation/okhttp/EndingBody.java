package io.selvage.instrumentation.okhttp;

import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.extension.Abandonment;
import java.io.IOException;
import okhttp3.MediaType;
import okhttp3.ResponseBody;
import okio.Buffer;
import okio.BufferedSource;
import okio.ForwardingSource;
import okio.Okio;
import org.jspecify.annotations.Nullable;

/**
 * A response body that ends its exchange with its last byte, when it is closed, or when it breaks.
 */
final class EndingBody extends ResponseBody {
  private final ResponseBody body;
  private final BufferedSource source;

  EndingBody(ResponseBody body, Exchange exchange) {
    this.body = body;
    this.source = Okio.buffer(new Ending(body, exchange));
  }

  @Override
  public @Nullable MediaType contentType() {
    return body.contentType();
  }

  @Override
  public long contentLength() {
    return body.contentLength();
  }

  @Override
  public BufferedSource source() {
    return source;
  }

  private static final class Ending extends ForwardingSource {
    private final Exchange exchange;
    private final long length;
    private long read;

    Ending(ResponseBody body, Exchange exchange) {
      super(body.source());
      this.exchange = exchange;
      this.length = body.contentLength();
      Abandonment.watch(this, dropped(exchange));
    }

    /** Refers to the exchange alone, or nothing would ever be dropped. */
    private static Runnable dropped(Exchange exchange) {
      return () -> exchange.end(End.ABORTED);
    }

    @Override
    public long read(Buffer sink, long byteCount) throws IOException {
      try {
        long count = super.read(sink, byteCount);
        if (count < 0) {
          end(true);
        } else {
          read += count;
          exchange.active();
        }
        return count;
      } catch (IOException | RuntimeException broken) {
        end(false);
        throw broken;
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
