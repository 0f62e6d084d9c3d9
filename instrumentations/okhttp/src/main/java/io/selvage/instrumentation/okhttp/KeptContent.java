package io.selvage.instrumentation.okhttp;

import io.selvage.engine.flow.Attempt;
import java.io.IOException;
import okhttp3.MediaType;
import okhttp3.RequestBody;
import okio.BufferedSink;
import org.jspecify.annotations.Nullable;

/** A one-shot body that was kept when it was sent first; framed as the application said. */
final class KeptContent extends RequestBody {
  private final RequestBody original;
  private final Attempt attempt;
  private final byte[] bytes;

  KeptContent(RequestBody original, Attempt attempt, byte[] bytes) {
    this.original = original;
    this.attempt = attempt;
    this.bytes = bytes;
  }

  @Override
  public @Nullable MediaType contentType() {
    return original.contentType();
  }

  @Override
  public long contentLength() throws IOException {
    return original.contentLength();
  }

  @Override
  public void writeTo(BufferedSink sink) throws IOException {
    attempt.requestSent();
    sink.write(bytes);
  }
}
