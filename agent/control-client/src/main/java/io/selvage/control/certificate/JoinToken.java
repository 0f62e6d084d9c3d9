package io.selvage.control.certificate;

import java.util.Base64;

/**
 * {@code slv1.ID.SECRET.PIN}: lets a workload in once, and names the root it must find at the
 * controller.
 *
 * @param text all of it, as the controller wants it
 */
public record JoinToken(String text, byte[] pin) {
  private static final int PIN_BYTES = 32;

  /**
   * Reads a token.
   *
   * @throws CertificateException with code SELV-4020 when it has another form; the text is not
   *     quoted
   */
  public static JoinToken parse(String text) throws CertificateException {
    String[] parts = text.strip().split("\\.", -1);
    if (parts.length != 4 || !parts[0].equals("slv1")) {
      throw malformed("it is not of the form slv1.ID.SECRET.PIN");
    }
    try {
      byte[] pin = Base64.getUrlDecoder().decode(parts[3]);
      if (parts[1].isEmpty() || parts[2].isEmpty() || pin.length != PIN_BYTES) {
        throw malformed("a part of it is missing or cut");
      }
      return new JoinToken(text.strip(), pin);
    } catch (IllegalArgumentException damaged) {
      throw malformed("its pin is not base64url");
    }
  }

  private static CertificateException malformed(String why) {
    return new CertificateException(
        "SELV-4020",
        "(Settings selvage.token) is no join token; "
            + why
            + ". Fix: set it to the whole output of 'selvage token create'",
        true);
  }

  /** Never shows the secret. */
  @Override
  public String toString() {
    int second = text.indexOf('.', 5);
    return "JoinToken[" + (second > 0 ? text.substring(0, second) : "") + ".…]";
  }
}
