package io.selvage.instrumentation.okhttp;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.BodyReplay;
import io.selvage.engine.flow.HeadChanges;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.RequestHead;
import io.selvage.extension.KeptBody;
import java.util.List;
import okhttp3.HttpUrl;
import okhttp3.Request;
import okhttp3.RequestBody;
import org.jspecify.annotations.Nullable;

/** A request of the library as the engine sees it. */
final class CallHead extends RequestHead {
  private final Request request;
  private final Bodies body;
  private final @Nullable KeptBody kept;
  private volatile byte @Nullable [] own;

  /** How a body can be written. */
  enum Bodies {
    /** As often as wanted, or there is none. */
    REPEATABLE,
    /** Once; kept as it passes. */
    ONE_SHOT,
    /** Once, while the answer comes already. */
    DUPLEX
  }

  CallHead(Request request, Bodies body) {
    super(request.method(), "http", authority(request), path(request.url()), Protocol.HTTP1);
    this.request = request;
    this.body = body;
    this.kept = body == Bodies.ONE_SHOT ? new KeptBody() : null;
  }

  private CallHead(CallHead original) {
    super(original);
    this.request = original.request;
    this.body = original.body;
    this.kept = original.kept;
  }

  @Override
  public @Nullable RequestHead shadowCopy() {
    return body == Bodies.DUPLEX ? null : new CallHead(this);
  }

  /** The body while it passes; null when it can be written again or cannot be kept. */
  @Nullable KeptBody kept() {
    return kept;
  }

  /** A copy has its body for itself, as the original lets go of it. */
  void body(byte[] whole) {
    own = whole;
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
    if (kept != null) {
      return own != null ? BodyReplay.REPEATABLE : kept.replay();
    }
    return body == Bodies.DUPLEX ? BodyReplay.ONE_SHOT : BodyReplay.REPEATABLE;
  }

  @Override
  protected List<String> originals(String name) {
    return request.headers(name);
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
    RequestBody content = request.body();
    if (content != null && body != Bodies.REPEATABLE) {
      byte[] whole = own != null ? own : kept == null ? null : kept.whole();
      copy.method(
          request.method(),
          whole == null
              ? new WatchedBody(content, attempt, kept)
              : new KeptContent(content, attempt, whole));
    }
    return copy.build();
  }
}
