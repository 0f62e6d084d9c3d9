package io.selvage.engine.flow;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A response's status and headers, seen through the codec; changes are kept beside and applied by
 * it. Not thread-safe.
 */
public abstract class ResponseHead {
  private final int status;
  private final HeadChanges changes = new HeadChanges();

  /**
   * @param status HTTP status; for gRPC 200 with {@link #grpcStatus()} when the headers already
   *     carry it (Trailers-Only)
   */
  protected ResponseHead(int status) {
    this.status = status;
  }

  /**
   * The value of a header; several values joined by a comma. Null when absent. Name is lower case.
   */
  protected abstract @Nullable String original(String name);

  /**
   * The values of a header one by one, in order; empty when absent. Asked only where {@link
   * #original} has a comma. A codec that does not tell lines apart has one value. Name is lower
   * case.
   */
  protected List<String> originals(String name) {
    String joined = original(name);
    return joined == null ? List.of() : List.of(joined);
  }

  public final int status() {
    return status;
  }

  /** The gRPC status of a Trailers-Only response, else -1. */
  public int grpcStatus() {
    return -1;
  }

  public final @Nullable String header(String name) {
    return changes.apply(name, original(name));
  }

  /**
   * The values one by one, as changed so far; empty when absent. A value may itself hold a list
   * with commas: only repeated header lines are several values.
   */
  public final List<String> values(String name) {
    String joined = header(name);
    if (joined == null) {
      return List.of();
    }
    return joined.indexOf(',') < 0 ? List.of(joined) : changes.apply(name, originals(name));
  }

  /** The first value of a header, what the mesh added later left out; null when absent. */
  public final @Nullable String firstHeader(String name) {
    return changes.first(name, original(name));
  }

  public final void setHeader(String name, String value) {
    changes.add(HeadChanges.Kind.SET, name, value);
  }

  public final void addHeader(String name, String value) {
    changes.add(HeadChanges.Kind.ADD, name, value);
  }

  public final void removeHeader(String name) {
    changes.add(HeadChanges.Kind.REMOVE, name, "");
  }

  /** What the codec must apply to the library's response before the application sees it. */
  public final HeadChanges changes() {
    return changes;
  }
}
