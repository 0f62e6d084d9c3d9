package io.selvage.instrumentation.testing.client;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A response as the application sees it, once its headers are there.
 *
 * @param header value by lower-case name; null when absent
 * @param body to be read or closed; never buffered by the caller
 * @param uri where the library says that the answer came from
 * @param protocol {@code HTTP/1.1} or {@code HTTP/2.0}; empty when the library does not tell
 */
public record Answer(
    int status, UnaryOperator<@Nullable String> header, InputStream body, URI uri, String protocol)
    implements AutoCloseable {

  /** Reads the rest of the body and closes it. */
  public String text() throws IOException {
    try (body) {
      return new String(body.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  public @Nullable String header(String name) {
    return header.apply(name);
  }

  @Override
  public void close() throws IOException {
    body.close();
  }
}
