package io.selvage.instrumentation.httpurlconnection;

import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * A response's body that ends its exchange: at its last byte, when it breaks, when it is closed.
 */
final class ExchangeInput extends FilterInputStream {
  private final Exchange exchange;

  /** Kept from being collected, as its end would be the exchange's. */
  @SuppressWarnings({"unused", "FieldCanBeLocal"})
  private final Object owner;

  private long read;

  ExchangeInput(InputStream in, Exchange exchange, Object owner) {
    super(in);
    this.exchange = exchange;
    this.owner = owner;
  }

  @Override
  public int read() throws IOException {
    try {
      int value = super.read();
      counted(value < 0 ? -1 : 1);
      return value;
    } catch (IOException broken) {
      end(false);
      throw broken;
    }
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    try {
      int n = super.read(buffer, offset, length);
      counted(n);
      return n;
    } catch (IOException broken) {
      end(false);
      throw broken;
    }
  }

  @Override
  public void close() throws IOException {
    try {
      super.close();
    } finally {
      end(false);
    }
  }

  private void counted(int n) {
    if (n < 0) {
      end(true);
    } else {
      read += n;
      exchange.active();
    }
  }

  private void end(boolean complete) {
    exchange.end(new End(complete, -1, -1, read));
  }
}
