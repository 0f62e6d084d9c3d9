package io.selvage.instrumentation.socket;

import java.io.IOException;
import java.io.OutputStream;

/** What an application writes to a connection that the mesh made. */
public final class FloorOutput extends OutputStream {
  private final FloorLink link;
  private final OutputStream out;

  FloorOutput(FloorLink link, OutputStream out) {
    this.link = link;
    this.out = out;
  }

  FloorLink link() {
    return link;
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] buffer, int offset, int length) throws IOException {
    link.beforeWrite();
    try {
      out.write(buffer, offset, length);
    } finally {
      link.afterWrite();
    }
    link.sent(length);
  }

  @Override
  public void flush() throws IOException {
    out.flush();
  }

  /** Closes the socket, as its own stream does. */
  @Override
  public void close() throws IOException {
    link.socket().close();
  }
}
