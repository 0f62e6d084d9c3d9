package io.selvage.instrumentation.httpurlconnection;

import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Rejection;
import io.selvage.extension.Abandonment;
import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.AbstractMap.SimpleImmutableEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the application sees once it asks for the response: the upstream's, or the mesh's own. */
abstract class Answer {
  private final int status;
  private final List<Map.Entry<@Nullable String, String>> headers;

  Answer(int status, List<Map.Entry<@Nullable String, String>> headers) {
    this.status = status;
    this.headers = headers;
  }

  int status() {
    return status;
  }

  /** Status line first, without a name. */
  List<Map.Entry<@Nullable String, String>> headers() {
    return headers;
  }

  abstract @Nullable String message() throws IOException;

  /** As {@link HttpURLConnection#getInputStream}: throws for statuses of 400 and above. */
  abstract InputStream input() throws IOException;

  /** As {@link HttpURLConnection#getErrorStream}. */
  abstract @Nullable InputStream error();

  /** The application or a redirect has no more use for it. */
  abstract void discard();

  abstract void disconnect();

  /** The upstream's answer. */
  static final class Native extends Answer {
    private final HttpURLConnection connection;
    private final @Nullable Exchange exchange;
    private final Object owner;
    private @Nullable InputStream body;
    private byte @Nullable [] whole;

    Native(UrlResponse head, @Nullable Exchange exchange, Object owner, String method) {
      super(head.status(), head.headers());
      this.connection = head.connection();
      this.exchange = exchange;
      this.owner = owner;
      if (exchange != null) {
        Exchange x = exchange;
        if (isWhole(method)) {
          x.end(End.COMPLETE);
        } else {
          Abandonment.watch(owner, () -> x.end(End.ABORTED));
        }
      }
    }

    /**
     * Whether nothing is left to come: no body, or all of it is here already. That is then taken,
     * so that the connection is free before the exchange ends.
     */
    private boolean isWhole(String method) {
      long length = connection.getContentLengthLong();
      int status = status();
      if (length == 0 || status == 204 || status == 304 || "HEAD".equals(method)) {
        return true;
      }
      try {
        InputStream raw = status >= 400 ? connection.getErrorStream() : connection.getInputStream();
        if (raw == null || length > 0 && raw.available() >= length) {
          whole = raw == null ? null : raw.readAllBytes();
          return true;
        }
        return false;
      } catch (IOException unreadable) {
        return false;
      }
    }

    @Override
    @Nullable String message() throws IOException {
      return connection.getResponseMessage();
    }

    @Override
    InputStream input() throws IOException {
      return whole != null && status() < 400 ? taken(whole) : wrapped(connection.getInputStream());
    }

    @Override
    @Nullable InputStream error() {
      if (whole != null) {
        return status() < 400 ? null : taken(whole);
      }
      InputStream raw = connection.getErrorStream();
      return raw == null ? null : wrapped(raw);
    }

    private InputStream taken(byte[] bytes) {
      InputStream known = body;
      if (known == null) {
        known = new ByteArrayInputStream(bytes);
        body = known;
      }
      return known;
    }

    private InputStream wrapped(InputStream raw) {
      Exchange x = exchange;
      InputStream known = body;
      if (known == null) {
        known = x == null || x.isEnded() ? raw : new ExchangeInput(raw, x, owner);
        body = known;
      }
      return known;
    }

    @Override
    void discard() {
      try (InputStream raw =
          status() >= 400 ? connection.getErrorStream() : connection.getInputStream()) {
        if (raw != null && connection.getContentLengthLong() < 0) {
          raw.readNBytes(8192);
        }
      } catch (IOException ignored) {
        // it is dropped anyway
      }
      end(End.ABORTED);
    }

    @Override
    void disconnect() {
      connection.disconnect();
      end(End.ABORTED);
    }

    private void end(End how) {
      if (exchange != null) {
        exchange.end(how);
      }
    }
  }

  /** The mesh's own. */
  static final class Own extends Answer {
    private final URL url;
    private final byte[] body;

    Own(Rejection rejection, URL url) {
      super(rejection.httpStatus(), headersOf(rejection));
      this.url = url;
      this.body = rejection.body().getBytes(StandardCharsets.UTF_8);
    }

    private static List<Map.Entry<@Nullable String, String>> headersOf(Rejection rejection) {
      List<Map.Entry<@Nullable String, String>> headers = new ArrayList<>();
      headers.add(new SimpleImmutableEntry<>(null, "HTTP/1.1 " + rejection.httpStatus() + " "));
      int length = rejection.body().getBytes(StandardCharsets.UTF_8).length;
      headers.add(new SimpleImmutableEntry<>("content-length", String.valueOf(length)));
      if (!rejection.headers().containsKey("content-type")) {
        headers.add(new SimpleImmutableEntry<>("content-type", "text/plain"));
      }
      rejection.headers().forEach((k, v) -> headers.add(new SimpleImmutableEntry<>(k, v)));
      return headers;
    }

    @Override
    @Nullable String message() {
      return "";
    }

    @Override
    InputStream input() throws IOException {
      if (status() == 404 || status() == 410) {
        throw new FileNotFoundException(url.toString());
      }
      if (status() >= 400) {
        throw new IOException(
            "Server returned HTTP response code: " + status() + " for URL: " + url);
      }
      return new ByteArrayInputStream(body);
    }

    @Override
    @Nullable InputStream error() {
      return status() >= 400 ? new ByteArrayInputStream(body) : null;
    }

    @Override
    void discard() {}

    @Override
    void disconnect() {}
  }
}
