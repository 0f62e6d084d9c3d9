package io.selvage.instrumentation.tomcat;

import io.selvage.engine.flow.HeadChanges.Change;
import io.selvage.engine.flow.HeadChanges.Kind;
import io.selvage.engine.flow.ResponseHead;
import org.apache.coyote.Response;
import org.jspecify.annotations.Nullable;

/** A coyote response as the engine sees it, before it is committed. */
final class TomcatResponseHead extends ResponseHead {
  private final Response response;

  TomcatResponseHead(Response response) {
    super(response.getStatus());
    this.response = response;
  }

  @Override
  protected @Nullable String original(String name) {
    if (name.equals("content-type")) {
      return response.getContentType();
    }
    return TomcatRequestHead.joined(response.getMimeHeaders(), name);
  }

  @Override
  public int grpcStatus() {
    String status = header("grpc-status");
    try {
      return status == null ? -1 : Integer.parseInt(status);
    } catch (NumberFormatException unreadable) {
      return 2;
    }
  }

  void apply() {
    for (Change change : changes().list()) {
      if (change.kind() == Kind.ADD) {
        response.addHeader(change.name(), change.value());
      } else {
        response.getMimeHeaders().removeHeader(change.name());
        if (change.kind() == Kind.SET) {
          response.setHeader(change.name(), change.value());
        }
      }
    }
  }
}
