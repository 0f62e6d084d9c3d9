package io.selvage.instrumentation.httpclient;

import io.selvage.engine.flow.AsyncDriver;
import io.selvage.engine.flow.End;
import io.selvage.extension.Abandonment;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * The stream of a response's body, in a wrapping that only the application holds: the library keeps
 * the stream itself for as long as the connection lives, so that nobody would ever see it dropped.
 */
final class DroppedBody extends FilterInputStream {
  private static final String LIBRARYS_OWN =
      "jdk.internal.net.http.ResponseSubscribers$HttpResponseInputStream";

  private DroppedBody(InputStream stream) {
    super(stream);
  }

  /** The content as the application gets it; its end is the exchange's when it is dropped. */
  @SuppressWarnings("unchecked") // the library's stream is only ever given as an InputStream
  static <T> T watched(
      T content, @Nullable AsyncDriver driver, @Nullable EndingSubscriber<T> subscriber) {
    if (driver == null || subscriber == null) {
      return content;
    }
    if (content instanceof InputStream stream && stream.getClass().getName().equals(LIBRARYS_OWN)) {
      DroppedBody wrapped = new DroppedBody(stream);
      Abandonment.watch(wrapped, subscriber::cancel);
      return (T) wrapped;
    }
    if (content instanceof AutoCloseable || content instanceof Flow.Publisher<?>) {
      Abandonment.watch(content, () -> driver.end(End.ABORTED));
    }
    return content;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    return in.read(buffer, offset, length);
  }

  @Override
  public byte[] readAllBytes() throws IOException {
    return in.readAllBytes();
  }

  @Override
  public byte[] readNBytes(int length) throws IOException {
    return in.readNBytes(length);
  }
}
