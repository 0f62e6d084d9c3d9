package io.selvage.extension;

import java.io.Closeable;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;

/** Connections that are closed together; held weakly, as they are the library's. Any thread. */
final class OpenConnections {
  private final List<WeakReference<Closeable>> open = new ArrayList<>(1);

  synchronized void add(Closeable connection) {
    open.removeIf(known -> known.get() == null);
    open.add(new WeakReference<>(connection));
  }

  /** Closes what is open now. */
  void close() {
    List<WeakReference<Closeable>> all;
    synchronized (this) {
      all = List.copyOf(open);
      open.clear();
    }
    for (WeakReference<Closeable> each : all) {
      Closeable connection = each.get();
      if (connection != null) {
        close(connection);
      }
    }
  }

  private static void close(Closeable connection) {
    try (Intent own = Intent.bypass()) {
      connection.close();
    } catch (IOException | RuntimeException broken) {
      // it is closed, or the library closes it later; nobody uses it any more
    }
  }
}
