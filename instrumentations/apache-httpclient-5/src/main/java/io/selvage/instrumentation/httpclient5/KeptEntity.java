package io.selvage.instrumentation.httpclient5;

import io.selvage.engine.flow.Attempt;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.io.entity.HttpEntityWrapper;

/** A one-shot body that was kept when it was sent first; framed as the application said. */
final class KeptEntity extends HttpEntityWrapper {
  private final Attempt attempt;
  private final byte[] bytes;

  KeptEntity(HttpEntity original, Attempt attempt, byte[] bytes) {
    super(original);
    this.attempt = attempt;
    this.bytes = bytes;
  }

  @Override
  public boolean isRepeatable() {
    return true;
  }

  @Override
  public boolean isStreaming() {
    return false;
  }

  @Override
  public InputStream getContent() {
    attempt.requestSent();
    return new ByteArrayInputStream(bytes);
  }

  @Override
  public void writeTo(OutputStream out) throws IOException {
    attempt.requestSent();
    out.write(bytes);
  }

  /** The application's entity has been closed by whoever has read it. */
  @Override
  public void close() {}
}
