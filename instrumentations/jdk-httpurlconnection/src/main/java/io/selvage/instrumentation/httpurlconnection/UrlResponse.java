package io.selvage.instrumentation.httpurlconnection;

import io.selvage.engine.flow.HeadChanges;
import io.selvage.engine.flow.ResponseHead;
import java.net.HttpURLConnection;
import java.util.AbstractMap.SimpleImmutableEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An upstream's answer as the engine sees it, over the JDK's connection. */
final class UrlResponse extends ResponseHead {
  private final HttpURLConnection connection;

  UrlResponse(HttpURLConnection connection, int status) {
    super(status);
    this.connection = connection;
  }

  HttpURLConnection connection() {
    return connection;
  }

  @Override
  protected @Nullable String original(String name) {
    List<String> values = originals(name);
    return values.isEmpty() ? null : String.join(",", values);
  }

  @Override
  protected List<String> originals(String name) {
    List<String> values = new ArrayList<>();
    for (int i = 1; ; i++) {
      String key = connection.getHeaderFieldKey(i);
      if (key == null) {
        return values;
      }
      if (key.equalsIgnoreCase(name)) {
        values.add(connection.getHeaderField(i));
      }
    }
  }

  /** Status line (without a name) and headers, after the mesh's changes. */
  List<Map.Entry<@Nullable String, String>> headers() {
    List<Map.Entry<@Nullable String, String>> headers = new ArrayList<>();
    for (int i = 0; ; i++) {
      String key = connection.getHeaderFieldKey(i);
      String value = connection.getHeaderField(i);
      if (value == null || key == null && i > 0) {
        break;
      }
      headers.add(new SimpleImmutableEntry<>(key, value));
    }
    for (HeadChanges.Change change : changes().list()) {
      if (change.kind() != HeadChanges.Kind.ADD) {
        headers.removeIf(header -> change.name().equalsIgnoreCase(header.getKey()));
      }
      if (change.kind() != HeadChanges.Kind.REMOVE) {
        headers.add(new SimpleImmutableEntry<>(change.name(), change.value()));
      }
    }
    return headers;
  }
}
