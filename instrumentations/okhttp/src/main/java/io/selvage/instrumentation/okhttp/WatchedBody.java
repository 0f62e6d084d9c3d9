package io.selvage.instrumentation.okhttp;

import io.selvage.engine.flow.Attempt;
import java.io.IOException;
import okhttp3.MediaType;
import okhttp3.RequestBody;
import okio.BufferedSink;
import org.jspecify.annotations.Nullable;

/**
 * A one-shot body that tells its attempt when it is first touched: from then on it cannot be sent
 * again.
 */
final class WatchedBody extends RequestBody {
  private final RequestBody body;
  private final Attempt attempt;

  WatchedBody(RequestBody body, Attempt attempt) {
    this.body = body;
    this.attempt = attempt;
  }

  @Override
  public @Nullable MediaType contentType() {
    return body.contentType();
  }

  @Override
  public long contentLength() throws IOException {
    return body.contentLength();
  }

  @Override
  public boolean isOneShot() {
    return true;
  }

  @Override
  public void writeTo(BufferedSink sink) throws IOException {
    attempt.requestSent();
    body.writeTo(sink);
  }
}
