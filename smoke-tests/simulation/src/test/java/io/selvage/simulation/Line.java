package io.selvage.simulation;

import io.selvage.engine.flow.BodyReplay;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.RequestHead;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A request on paper. */
final class Line extends RequestHead {
  private final Map<String, String> headers = new HashMap<>();

  Line(String method, String authority, String path, String... headers) {
    super(method, "http", authority, path, Protocol.HTTP1);
    for (int i = 0; i + 1 < headers.length; i += 2) {
      this.headers.put(headers[i], headers[i + 1]);
    }
  }

  @Override
  protected List<String> originals(String name) {
    String value = headers.get(name);
    return value == null ? List.of() : List.of(value);
  }

  @Override
  protected String original(String name) {
    return headers.get(name);
  }

  @Override
  public BodyReplay bodyReplay() {
    return BodyReplay.REPEATABLE;
  }
}
