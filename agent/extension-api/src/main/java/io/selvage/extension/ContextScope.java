package io.selvage.extension;

import io.selvage.engine.flow.MeshContext;
import org.jspecify.annotations.Nullable;

/**
 * The {@link MeshContext} of the current thread. Seams that move work between threads capture and
 * restore it; the application forwards nothing.
 */
public final class ContextScope implements AutoCloseable {
  private static final ThreadLocal<@Nullable MeshContext> CURRENT = new ThreadLocal<>();

  private final @Nullable MeshContext before;

  private ContextScope(@Nullable MeshContext before) {
    this.before = before;
  }

  /** The context of this thread; {@link MeshContext#NONE} when there is none. */
  public static MeshContext current() {
    MeshContext context = CURRENT.get();
    return context == null ? MeshContext.NONE : context;
  }

  /** Makes a context the thread's until close. */
  public static ContextScope attach(MeshContext context) {
    ContextScope scope = new ContextScope(CURRENT.get());
    put(context);
    return scope;
  }

  /**
   * For advice pairs that cannot use try-with-resources: returns what was there. Null = nothing.
   */
  public static @Nullable MeshContext swap(@Nullable MeshContext context) {
    MeshContext before = CURRENT.get();
    put(context);
    return before;
  }

  private static void put(@Nullable MeshContext context) {
    if (context == null || context == MeshContext.NONE) {
      CURRENT.remove();
    } else {
      CURRENT.set(context);
    }
  }

  @Override
  public void close() {
    put(before);
  }
}
