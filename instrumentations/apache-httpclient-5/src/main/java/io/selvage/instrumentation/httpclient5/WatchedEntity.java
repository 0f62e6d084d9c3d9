package io.selvage.instrumentation.httpclient5;

import io.selvage.engine.flow.Attempt;
import io.selvage.extension.KeptBody;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.io.entity.HttpEntityWrapper;
import org.jspecify.annotations.Nullable;

/**
 * A body that tells its attempt when it is first touched; one that can be read once is kept as it
 * passes.
 */
final class WatchedEntity extends HttpEntityWrapper {
  private final Attempt attempt;

  private final @Nullable KeptBody kept;

  WatchedEntity(HttpEntity entity, Attempt attempt, @Nullable KeptBody kept) {
    super(entity);
    this.attempt = attempt;
    this.kept = kept;
  }

  @Override
  public InputStream getContent() throws IOException {
    attempt.requestSent();
    InputStream content = super.getContent();
    return kept == null || content == null ? content : kept.passing(content);
  }

  @Override
  public void writeTo(OutputStream out) throws IOException {
    attempt.requestSent();
    if (kept == null) {
      super.writeTo(out);
      return;
    }
    try {
      super.writeTo(kept.passing(out));
      kept.complete();
    } catch (IOException | RuntimeException broken) {
      kept.lose();
      throw broken;
    }
  }
}
