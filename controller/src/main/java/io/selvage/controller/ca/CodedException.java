package io.selvage.controller.ca;

/**
 * A refusal or failure with a stable code, the text being {@code [SELV-nnnn] what is wrong; what
 * was found. Fix: ...}.
 */
public final class CodedException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final String code;

  /** Makes a failure whose message starts with the bracketed {@code code}. */
  public CodedException(String code, String text) {
    super("[" + code + "] " + text);
    this.code = code;
  }

  /** As {@link #CodedException(String, String)}, with the cause kept for logs. */
  public CodedException(String code, String text, Throwable cause) {
    super("[" + code + "] " + text, cause);
    this.code = code;
  }

  /** The stable code, {@code SELV-nnnn}. */
  public String code() {
    return code;
  }
}
