package io.selvage.engine.model;

/**
 * What is done with a path before anything looks at it (Envoy {@code HttpConnectionManager}; what
 * comes of it is also what is sent).
 *
 * @param normalize dot segments and escaped unreserved characters are resolved, backslashes become
 *     slashes ({@code normalize_path})
 * @param mergeSlashes several slashes become one ({@code merge_slashes})
 * @param escapedSlashes {@code path_with_escaped_slashes_action}
 */
public record PathPolicy(boolean normalize, boolean mergeSlashes, EscapedSlashes escapedSlashes) {
  /** Paths stay as they are. */
  public static final PathPolicy AS_WRITTEN = new PathPolicy(false, false, EscapedSlashes.KEEP);

  /** What is done with {@code %2F} and {@code %5C}. */
  public enum EscapedSlashes {
    KEEP,
    REJECT,
    UNESCAPE,
    /** As {@link #UNESCAPE}, and the caller is sent to the result. */
    REDIRECT
  }
}
