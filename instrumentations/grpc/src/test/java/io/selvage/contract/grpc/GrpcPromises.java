package io.selvage.contract.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import org.awaitility.Awaitility;

/** What each group of promises needs of the test class that it is mixed into. */
interface GrpcPromises {
  GrpcWorld world();

  default ManagedChannel reviews() {
    return world().channel("reviews:9080");
  }

  default void fails(Runnable call, Status.Code code) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            thrown ->
                assertThat(thrown.getStatus().getCode())
                    .as(thrown.getStatus().toString())
                    .isEqualTo(code));
  }

  default void eventually(Runnable assertion) {
    Awaitility.await().atMost(Duration.ofSeconds(20)).untilAsserted(assertion::run);
  }
}
