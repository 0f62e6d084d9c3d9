package io.selvage.instrumentation.httpclient;

import io.selvage.engine.flow.HeadChanges;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.ResponseHead;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A response's head as the engine sees it, and as the application's body handler gets it. */
final class JdkResponse extends ResponseHead implements HttpResponse.ResponseInfo {
  private final HttpHeaders original;
  private final HttpClient.Version version;

  JdkResponse(HttpResponse.ResponseInfo info) {
    super(info.statusCode());
    this.original = info.headers();
    this.version = info.version();
  }

  private JdkResponse(Rejection rejection, HttpHeaders headers) {
    super(rejection.httpStatus());
    this.original = headers;
    this.version = HttpClient.Version.HTTP_1_1;
  }

  /** The head of an answer that the mesh gives itself. */
  static JdkResponse of(Rejection rejection) {
    Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    int length = rejection.body().getBytes(StandardCharsets.UTF_8).length;
    headers.put("content-length", List.of(String.valueOf(length)));
    headers.put("content-type", List.of("text/plain"));
    rejection.headers().forEach((name, value) -> headers.put(name, List.of(value)));
    return new JdkResponse(rejection, HttpHeaders.of(headers, (name, value) -> true));
  }

  @Override
  protected @Nullable String original(String name) {
    List<String> values = original.allValues(name);
    return values.isEmpty() ? null : String.join(",", values);
  }

  @Override
  protected List<String> originals(String name) {
    return original.allValues(name);
  }

  @Override
  public int statusCode() {
    return status();
  }

  @Override
  public HttpHeaders headers() {
    List<HeadChanges.Change> changes = changes().list();
    if (changes.isEmpty()) {
      return original;
    }
    Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    headers.putAll(original.map());
    for (HeadChanges.Change change : changes) {
      switch (change.kind()) {
        case SET -> headers.put(change.name(), List.of(change.value()));
        case REMOVE -> headers.remove(change.name());
        case ADD -> {
          List<String> values = new ArrayList<>(headers.getOrDefault(change.name(), List.of()));
          values.add(change.value());
          headers.put(change.name(), values);
        }
      }
    }
    return HttpHeaders.of(headers, (name, value) -> true);
  }

  @Override
  public HttpClient.Version version() {
    return version;
  }
}
