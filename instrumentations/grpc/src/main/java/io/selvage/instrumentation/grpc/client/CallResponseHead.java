package io.selvage.instrumentation.grpc.client;

import io.grpc.Metadata;
import io.selvage.engine.flow.ResponseHead;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Response headers of a call, or its trailers when there was nothing else. */
final class CallResponseHead extends ResponseHead {
  private final Metadata headers;
  private final int grpcStatus;

  /**
   * @param grpcStatus of a Trailers-Only response; -1 when the call goes on
   */
  CallResponseHead(Metadata headers, int grpcStatus) {
    super(200);
    this.headers = headers;
    this.grpcStatus = grpcStatus;
  }

  @Override
  public int grpcStatus() {
    return grpcStatus;
  }

  @Override
  protected @Nullable String original(String name) {
    return CallHead.joined(headers, name);
  }

  @Override
  protected List<String> originals(String name) {
    return CallHead.each(headers, name);
  }
}
