package io.selvage.instrumentation.testing.client;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request as an upstream server saw it.
 *
 * @param authority {@code Host} or {@code :authority}
 * @param headers lower-case names
 * @param protocol {@code HTTP/1.1} or {@code HTTP/2.0}
 * @param connection number of the connection within its server, from 1
 * @param peer SPIFFE id of the client certificate; null over plaintext or when there was none
 * @param tls whether the connection was TLS
 * @param bodyBytes length of the body
 * @param bodyHash {@link java.util.Arrays#hashCode(byte[])} of the body
 */
public record Received(
    String method,
    String path,
    String authority,
    Map<String, List<String>> headers,
    String protocol,
    int connection,
    @Nullable String peer,
    boolean tls,
    long bodyBytes,
    int bodyHash) {

  /** The first value of a header; null when absent. */
  public @Nullable String header(String name) {
    List<String> values = headers.get(name.toLowerCase(Locale.ROOT));
    return values == null || values.isEmpty() ? null : values.get(0);
  }
}
