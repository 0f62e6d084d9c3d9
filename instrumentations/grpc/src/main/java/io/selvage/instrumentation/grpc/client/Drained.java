package io.selvage.instrumentation.grpc.client;

import io.grpc.ClientCall;

/** Takes an answer that nobody wants, message by message. */
final class Drained<R> extends ClientCall.Listener<R> {
  private final ClientCall<?, R> call;

  Drained(ClientCall<?, R> call) {
    this.call = call;
  }

  @Override
  public void onMessage(R message) {
    call.request(1);
  }
}
