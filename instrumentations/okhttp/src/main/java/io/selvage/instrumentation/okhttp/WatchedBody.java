package io.selvage.instrumentation.okhttp;

import io.selvage.engine.flow.Attempt;
import io.selvage.extension.KeptBody;
import java.io.IOException;
import okhttp3.MediaType;
import okhttp3.RequestBody;
import okio.Buffer;
import okio.BufferedSink;
import okio.ForwardingSink;
import okio.Okio;
import org.jspecify.annotations.Nullable;

/**
 * A one-shot body that tells its attempt when it is first touched, and is kept as it passes unless
 * it is duplex.
 */
final class WatchedBody extends RequestBody {
  private final RequestBody body;
  private final Attempt attempt;

  private final @Nullable KeptBody kept;

  WatchedBody(RequestBody body, Attempt attempt, @Nullable KeptBody kept) {
    this.body = body;
    this.attempt = attempt;
    this.kept = kept;
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

  /** Never kept then, as the application goes on writing after {@link #writeTo}. */
  @Override
  public boolean isDuplex() {
    return kept == null;
  }

  @Override
  public void writeTo(BufferedSink sink) throws IOException {
    attempt.requestSent();
    KeptBody tee = kept;
    if (tee == null) {
      body.writeTo(sink);
      return;
    }
    try {
      tee.begin();
      BufferedSink passing = Okio.buffer(new Passing(sink, tee));
      body.writeTo(passing);
      passing.emit();
      tee.complete();
    } catch (IOException | RuntimeException broken) {
      tee.lose();
      throw broken;
    }
  }

  private static final class Passing extends ForwardingSink {
    private final KeptBody kept;

    Passing(BufferedSink sink, KeptBody kept) {
      super(sink);
      this.kept = kept;
    }

    @Override
    public void write(Buffer source, long byteCount) throws IOException {
      if (byteCount > KeptBody.LIMIT_BYTES) {
        kept.lose();
      } else if (byteCount > 0) {
        Buffer copy = new Buffer();
        source.copyTo(copy, 0, byteCount);
        byte[] bytes = copy.readByteArray();
        kept.add(bytes, 0, bytes.length);
      }
      super.write(source, byteCount);
    }
  }
}
