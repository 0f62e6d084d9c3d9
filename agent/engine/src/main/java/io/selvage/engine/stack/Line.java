package io.selvage.engine.stack;

import io.selvage.engine.flow.BodyReplay;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.RequestHead;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The head of something that has no headers: a connection, a statement. */
final class Line extends RequestHead {
  Line(String method, String authority, String path) {
    super(method, "", authority, path, Protocol.TCP);
  }

  @Override
  protected List<String> originals(String name) {
    return List.of();
  }

  @Override
  protected @Nullable String original(String name) {
    return null;
  }

  @Override
  public BodyReplay bodyReplay() {
    return BodyReplay.ONE_SHOT;
  }
}
