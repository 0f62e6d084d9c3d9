package io.selvage.instrumentation.socket;

import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.extension.Abandonment;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * An established connection that the mesh made: the streams that the application gets, and its end.
 *
 * <p>It is reachable from the socket's own stream fields only, so it goes when the socket goes. Any
 * thread.
 */
final class FloorLink {
  private final Socket socket;
  private final @Nullable SSLSocket tls;
  private final Life life;
  private final AtomicInteger writers = new AtomicInteger();
  private final AtomicBoolean closing = new AtomicBoolean();
  private final FloorInput input;
  private final FloorOutput output;

  FloorLink(Socket socket, @Nullable SSLSocket tls, @Nullable Exchange exchange)
      throws IOException {
    this.socket = socket;
    this.tls = tls;
    this.life = new Life(exchange);
    InputStream in = tls == null ? socket.getInputStream() : tls.getInputStream();
    OutputStream out = tls == null ? socket.getOutputStream() : tls.getOutputStream();
    this.input = new FloorInput(this, in);
    this.output = new FloorOutput(this, out);
    if (exchange != null) {
      Abandonment.watch(socket, life);
    }
  }

  FloorInput input() {
    return input;
  }

  FloorOutput output() {
    return output;
  }

  Socket socket() {
    return socket;
  }

  boolean isTls() {
    return tls != null;
  }

  void received(int bytes) {
    life.received.addAndGet(bytes);
  }

  void sent(int bytes) {
    life.sent.addAndGet(bytes);
  }

  void beforeWrite() {
    writers.incrementAndGet();
  }

  void afterWrite() {
    writers.decrementAndGet();
  }

  /** The socket is about to close. A writer that is stuck must not hold up its close. */
  void closing() {
    if (!closing.compareAndSet(false, true)) {
      return;
    }
    if (tls != null && writers.get() == 0) {
      try {
        tls.close();
      } catch (IOException ignored) {
        // the peer may have gone first; the socket itself is closed next
      }
    }
    life.run();
  }

  /** The application will write no more. */
  void finishingOutput() {
    if (tls != null && !closing.get() && !tls.isOutputShutdown()) {
      try {
        tls.shutdownOutput();
      } catch (IOException ignored) {
        // TCP says the same next
      }
    }
  }

  /** Apart from the link, so that it does not keep the socket from being found dropped. */
  private static final class Life implements Runnable {
    private final @Nullable Exchange exchange;
    private final AtomicBoolean over = new AtomicBoolean();
    final AtomicLong received = new AtomicLong();
    final AtomicLong sent = new AtomicLong();

    Life(@Nullable Exchange exchange) {
      this.exchange = exchange;
    }

    @Override
    public void run() {
      if (exchange != null && over.compareAndSet(false, true)) {
        exchange.end(new End(true, -1, sent.get(), received.get()));
      }
    }
  }
}
