package io.selvage.engine.flow;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A request head over a map. */
public class TestHead extends RequestHead {
  private final Map<String, String> headers = new LinkedHashMap<>();
  private BodyReplay replay = BodyReplay.REPEATABLE;
  private boolean copies = true;

  public TestHead(String method, String authority, String path, Protocol protocol) {
    super(method, "http", authority, path, protocol);
  }

  public static TestHead get(String authority, String path) {
    return new TestHead("GET", authority, path, Protocol.HTTP1);
  }

  public static TestHead post(String authority, String path) {
    return new TestHead("POST", authority, path, Protocol.HTTP1);
  }

  public static TestHead grpc(String authority, String path) {
    return new TestHead("POST", authority, path, Protocol.GRPC);
  }

  public TestHead with(String name, String value) {
    headers.put(name, value);
    return this;
  }

  public TestHead oneShot() {
    replay = BodyReplay.ONE_SHOT;
    return this;
  }

  public TestHead withoutCopies() {
    copies = false;
    return this;
  }

  @Override
  protected List<String> originals(String name) {
    String value = headers.get(name);
    return value == null ? List.of() : List.of(value);
  }

  @Override
  protected @Nullable String original(String name) {
    return headers.get(name);
  }

  @Override
  public @Nullable RequestHead shadowCopy() {
    if (!copies) {
      return null;
    }
    TestHead copy = new TestHead(method(), authority(), path(), protocol());
    copy.headers.putAll(headers);
    for (HeadChanges.Change change : changes().list()) {
      String value = header(change.name());
      if (value == null) {
        copy.headers.remove(change.name());
      } else {
        copy.headers.put(change.name(), value);
      }
    }
    return copy;
  }

  @Override
  public BodyReplay bodyReplay() {
    return replay;
  }
}
