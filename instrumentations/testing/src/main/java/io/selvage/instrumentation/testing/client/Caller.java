package io.selvage.instrumentation.testing.client;

import java.util.Set;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** A library as an unmodified application uses it; one object is one client with its pool. */
public interface Caller extends AutoCloseable {
  /** What a library cannot do by itself, so that no promise of it is asked. */
  enum Lacks {
    /** Bodies of unknown length that are read once. */
    ONE_SHOT_BODY,
    /** A cookie store of its own. */
    COOKIES,
    /** Following redirects. */
    REDIRECTS,
    /** Cancelling a call from another thread. */
    CANCEL,
    /** Ending a call by interrupting the thread that waits for it. */
    INTERRUPT,
    /** Going on without the body when the server does not ask for it. */
    EXPECT,
    /** Saying where an answer came from. */
    URI,
    /** PATCH and the like. */
    PATCH
  }

  /** How the client is built. */
  record Setup(@Nullable SSLContext https, boolean cookies) {
    public static final Setup PLAIN = new Setup(null, false);
  }

  /** Sends, and waits for response headers. Throws what the library throws. */
  Answer send(Call call) throws Exception;

  default Set<Lacks> lacks() {
    return Set.of();
  }

  @Override
  default void close() throws Exception {}
}
