package io.selvage.instrumentation.httpclient5async;

import org.apache.hc.client5.http.async.AsyncExecCallback;
import org.apache.hc.core5.http.EntityDetails;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.nio.AsyncDataConsumer;
import org.jspecify.annotations.Nullable;

/** Waits for the answer to a copy: it is read to its end and forgotten. */
final class NobodyCallback implements AsyncExecCallback {
  @Override
  public @Nullable AsyncDataConsumer handleResponse(
      HttpResponse response, @Nullable EntityDetails body) {
    return body == null ? null : new DroppedConsumer(() -> true);
  }

  @Override
  public void handleInformationResponse(HttpResponse response) {
    // nobody waits for it
  }

  @Override
  public void completed() {
    // nobody waits for it
  }

  @Override
  public void failed(Exception cause) {
    // nobody waits for it
  }
}
