package io.selvage.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.BodyReplay;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.flow.ResponseHead;
import io.selvage.engine.stack.Engine;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is repeated in a mesh for which nobody has configured anything. */
class DefaultRetriesTest {
  private static final int ALL = 3;

  private static final class Head extends RequestHead {
    Head(String method, Protocol protocol) {
      super(method, "http", "reviews:9080", "/", protocol);
    }

    @Override
    protected String original(String name) {
      return null;
    }

    @Override
    protected List<String> originals(String name) {
      return List.of();
    }

    @Override
    public BodyReplay bodyReplay() {
      return BodyReplay.REPEATABLE;
    }
  }

  private static Responded answer(int status, int grpcStatus) {
    return new Responded(
        new ResponseHead(status) {
          @Override
          protected String original(String name) {
            return null;
          }

          @Override
          public int grpcStatus() {
            return grpcStatus;
          }
        });
  }

  /** How often a request is sent whose every attempt ends so. */
  private static int attempts(String method, Protocol protocol, Outcome each) {
    Engine engine =
        new SimulatedMesh()
            .workload("productpage", "v1", 9080, "http")
            .workload("reviews", "v1", 9080, "http")
            .workload("reviews", "v2", 9080, "http")
            .workload("reviews", "v3", 9080, "http")
            .engineOf("productpage");
    Exchange x = engine.outbound(new Head(method, protocol), "reviews", 9080, MeshContext.NONE);
    Action next = x.begin();
    while (!(next instanceof Outcome)) {
      if (next instanceof Attempt attempt) {
        attempt.requestSent();
        next = x.onOutcome(attempt, each);
      } else {
        Thread.onSpinWait();
        next = x.onTime();
      }
    }
    int attempts = x.attempts();
    x.end(End.ABORTED);
    return attempts;
  }

  private static int attempts(String method, Failed.Kind kind) {
    return attempts(method, Protocol.HTTP1, new Failed(kind, null));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "POST", "PATCH", "REPORT"})
  void whatReachedNobodyIsRepeatedWhateverItIs(String method) {
    assertThat(attempts(method, Failed.Kind.CONNECT)).isEqualTo(ALL);
    assertThat(attempts(method, Failed.Kind.REFUSED)).isEqualTo(ALL);
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PATCH", "REPORT"})
  void whatMayHaveBeenProcessedIsNotRepeatedUnlessItIsIdempotent(String method) {
    assertThat(attempts(method, Failed.Kind.RESET)).isEqualTo(1);
    assertThat(attempts(method, Failed.Kind.PER_TRY_TIMEOUT)).isEqualTo(1);
    assertThat(attempts(method, Failed.Kind.PEER_IDENTITY)).isEqualTo(1);
    for (int status : new int[] {409, 429, 500, 502, 503, 504}) {
      assertThat(attempts(method, Protocol.HTTP1, answer(status, -1))).isEqualTo(1);
    }
  }

  @Test
  void aGrpcCallThatAServerMayHaveSeenIsNotRepeated() {
    for (int status : new int[] {1, 4, 8, 13, 14}) {
      assertThat(attempts("POST", Protocol.GRPC, answer(200, status)))
          .as("gRPC status " + status)
          .isEqualTo(1);
    }
    assertThat(attempts("POST", Protocol.GRPC, new Failed(Failed.Kind.RESET, null))).isEqualTo(1);
    assertThat(attempts("POST", Protocol.GRPC, new Failed(Failed.Kind.REFUSED, null)))
        .isEqualTo(ALL);
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
  void anAnswerIsAnAnswer(String method) {
    for (int status : new int[] {404, 500, 502, 504}) {
      assertThat(attempts(method, Protocol.HTTP1, answer(status, -1))).isEqualTo(1);
    }
  }
}
