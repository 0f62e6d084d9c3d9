package io.selvage.instrumentation.httpclient5;

import io.selvage.engine.flow.Attempt;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.io.entity.HttpEntityWrapper;

/**
 * A one-shot body that tells its attempt when it is first touched: from then on it cannot be sent
 * again.
 */
final class WatchedEntity extends HttpEntityWrapper {
  private final Attempt attempt;

  WatchedEntity(HttpEntity entity, Attempt attempt) {
    super(entity);
    this.attempt = attempt;
  }

  @Override
  public InputStream getContent() throws IOException {
    attempt.requestSent();
    return super.getContent();
  }

  @Override
  public void writeTo(OutputStream out) throws IOException {
    attempt.requestSent();
    super.writeTo(out);
  }
}
