package io.selvage.identity;

import java.security.cert.CertificateException;

/** A certificate, key or peer was refused; the message starts with the code in brackets. */
public final class IdentityException extends CertificateException {
  private static final long serialVersionUID = 1;
  private final String code;

  public IdentityException(String code, String message) {
    super("[" + code + "] " + message);
    this.code = code;
  }

  public IdentityException(String code, String message, Throwable cause) {
    super("[" + code + "] " + message, cause);
    this.code = code;
  }

  /** The stable code, such as {@code SELV-4003}. */
  public String code() {
    return code;
  }
}
