package io.selvage.instrumentation.okhttp;

import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/**
 * The connections that one attempt opens, so that it can be given up while it connects. Holds
 * nothing of the request. Any thread.
 */
final class AttemptSockets {
  private final List<Socket> opening = new ArrayList<>(1);
  private boolean over;
  private int opened;
  private int connected;

  /** A socket is about to connect. */
  synchronized void opening(Socket socket) throws IOException {
    if (over) {
      throw new IOException("the attempt is over");
    }
    opened++;
    opening.add(socket);
  }

  synchronized void connected() {
    connected++;
  }

  /** Whether all that came of it is that nothing could be connected. */
  synchronized boolean neverConnected() {
    return opened > 0 && connected == 0;
  }

  /** Headers are here: connections now belong to the library's pool. */
  synchronized void settled() {
    opening.clear();
  }

  /** Nothing further is opened; closes what has been opened and not settled if asked to. */
  void giveUp(boolean close) {
    List<Socket> open;
    synchronized (this) {
      over = true;
      open = List.copyOf(opening);
      opening.clear();
    }
    if (close) {
      for (Socket socket : open) {
        try {
          socket.close();
        } catch (IOException closed) {
          continue; // it is closed, which is all we want
        }
      }
    }
  }
}
