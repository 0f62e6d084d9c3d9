package io.selvage.contract.grpc;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** What a stream has brought so far. */
final class Collected implements StreamObserver<String> {
  private final List<String> messages = new CopyOnWriteArrayList<>();
  private final CompletableFuture<Status> end = new CompletableFuture<>();

  @Override
  public void onNext(String message) {
    messages.add(message);
  }

  @Override
  public void onError(Throwable thrown) {
    end.complete(((StatusRuntimeException) thrown).getStatus());
  }

  @Override
  public void onCompleted() {
    end.complete(Status.OK);
  }

  List<String> messages() {
    return List.copyOf(messages);
  }

  /** Waits for the end. */
  Status status() throws Exception {
    return end.get(20, TimeUnit.SECONDS);
  }
}
