package io.selvage.instrumentation.socket;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;

/**
 * What an application reads of a connection that the mesh made. As thread-safe as the socket's own.
 */
public final class FloorInput extends InputStream {
  private final FloorLink link;
  private final InputStream in;

  FloorInput(FloorLink link, InputStream in) {
    this.link = link;
    this.in = in;
  }

  FloorLink link() {
    return link;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    Socket socket = link.socket();
    if (link.isTls() && socket.isInputShutdown()) {
      return -1;
    }
    try {
      int read = in.read(buffer, offset, length);
      if (read > 0) {
        link.received(read);
      }
      return read;
    } catch (IOException broken) {
      if (link.isTls() && socket.isInputShutdown() && !socket.isClosed()) {
        return -1;
      }
      throw broken;
    }
  }

  @Override
  public int available() throws IOException {
    return in.available();
  }

  /** Closes the socket, as its own stream does. */
  @Override
  public void close() throws IOException {
    link.socket().close();
  }
}
