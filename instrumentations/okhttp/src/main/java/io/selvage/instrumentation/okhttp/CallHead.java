package io.selvage.instrumentation.okhttp;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.BodyReplay;
import io.selvage.engine.flow.HeadChanges;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.RequestHead;
import java.util.List;
import okhttp3.HttpUrl;
import okhttp3.Request;
import okhttp3.RequestBody;
import org.jspecify.annotations.Nullable;

/** A request of the library as the engine sees it. */
final class CallHead extends RequestHead {
  private final Request request;
  private final BodyReplay replay;

  CallHead(Request request, BodyReplay replay) {
    super(request.method(), "http", authority(request), path(request.url()), Protocol.HTTP1);
    this.request = request;
    this.replay = replay;
  }

  private static String authority(Request request) {
    String host = request.header("Host");
    if (host != null) {
      return host;
    }
    HttpUrl url = request.url();
    String name = url.host().indexOf(':') >= 0 ? "[" + url.host() + "]" : url.host();
    return url.port() == HttpUrl.defaultPort(url.scheme()) ? name : name + ":" + url.port();
  }

  private static String path(HttpUrl url) {
    String query = url.encodedQuery();
    return query == null ? url.encodedPath() : url.encodedPath() + "?" + query;
  }

  @Override
  public BodyReplay bodyReplay() {
    return replay;
  }

  @Override
  protected @Nullable String original(String name) {
    List<String> values = request.headers(name);
    return values.isEmpty() ? null : values.size() == 1 ? values.get(0) : String.join(",", values);
  }

  /** The request with the layers' changes. */
  Request applied(Attempt attempt) {
    Request.Builder copy = request.newBuilder();
    for (HeadChanges.Change change : changes().list()) {
      switch (change.kind()) {
        case SET -> copy.header(change.name(), change.value());
        case ADD -> copy.addHeader(change.name(), change.value());
        case REMOVE -> copy.removeHeader(change.name());
      }
    }
    if (lineChanged()) {
      int query = path().indexOf('?');
      copy.url(
          request
              .url()
              .newBuilder()
              .encodedPath(pathOnly())
              .encodedQuery(query < 0 ? null : path().substring(query + 1))
              .build());
      copy.header("Host", authority());
    }
    RequestBody body = request.body();
    if (body != null && replay == BodyReplay.ONE_SHOT) {
      copy.method(request.method(), new WatchedBody(body, attempt));
    }
    return copy.build();
  }
}
