package io.selvage.engine.flow;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A response head over a map. */
public final class TestAnswer extends ResponseHead {
  private final Map<String, String> headers = new LinkedHashMap<>();
  private final int grpcStatus;

  public TestAnswer(int status, int grpcStatus) {
    super(status);
    this.grpcStatus = grpcStatus;
  }

  public static Responded of(int status) {
    return new Responded(new TestAnswer(status, -1));
  }

  public static Responded grpc(int grpcStatus) {
    return new Responded(new TestAnswer(200, grpcStatus));
  }

  public static Responded with(int status, String name, String value) {
    TestAnswer answer = new TestAnswer(status, -1);
    answer.headers.put(name, value);
    return new Responded(answer);
  }

  @Override
  protected @Nullable String original(String name) {
    return headers.get(name);
  }

  @Override
  public int grpcStatus() {
    return grpcStatus;
  }
}
