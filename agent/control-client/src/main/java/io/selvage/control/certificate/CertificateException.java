package io.selvage.control.certificate;

/** No certificate came; the message says what to do, without the code. */
public final class CertificateException extends Exception {
  private static final long serialVersionUID = 1;
  private final String code;
  private final boolean permanent;

  /**
   * @param permanent whether asking again in the same way is useless
   */
  public CertificateException(String code, String message, boolean permanent) {
    super(message);
    this.code = code;
    this.permanent = permanent;
  }

  public CertificateException(String code, String message, boolean permanent, Throwable cause) {
    super(message, cause);
    this.code = code;
    this.permanent = permanent;
  }

  /** Such as {@code SELV-4022}. */
  public String code() {
    return code;
  }

  public boolean permanent() {
    return permanent;
  }
}
