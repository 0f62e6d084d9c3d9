package io.selvage.instrumentation.testing.server;

/** A way into a server. */
public enum Entry {
  /** HTTP/1.1 in the clear. */
  H1(false, false),
  /** HTTP/1.1 over mesh TLS. */
  H1_TLS(true, false),
  /** HTTP/2 over mesh TLS, by ALPN. */
  H2_TLS(true, true),
  /** HTTP/2 in the clear, client preface first. */
  H2C_PRIOR(false, true),
  /** HTTP/2 in the clear, by {@code Upgrade: h2c}. */
  H2C_UPGRADE(false, true);

  private final boolean tls;
  private final boolean http2;

  Entry(boolean tls, boolean http2) {
    this.tls = tls;
    this.http2 = http2;
  }

  public boolean tls() {
    return tls;
  }

  public boolean http2() {
    return http2;
  }
}
