package io.selvage.controller.store;

/** A refused store operation; the reason says what the caller can do. */
public final class StoreException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why the operation was refused. */
  public enum Reason {
    /** No such object. */
    NOT_FOUND,
    /** The name is taken. */
    ALREADY_EXISTS,
    /** The object changed since the caller read it; or its uid differs. */
    CONFLICT,
    /** The revision is older than the history kept; list again. */
    GONE,
    /** The write is not durable (disk full, read-only, closed); nothing was changed. */
    UNAVAILABLE,
    /** The data folder cannot be used: permissions, another process, or a damaged file. */
    DAMAGED
  }

  private final Reason reason;
  private final String code;

  public StoreException(Reason reason, String code, String message) {
    super(message);
    this.reason = reason;
    this.code = code;
  }

  public StoreException(Reason reason, String code, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
    this.code = code;
  }

  public Reason reason() {
    return reason;
  }

  /** Code of the message catalogue. */
  public String code() {
    return code;
  }
}
