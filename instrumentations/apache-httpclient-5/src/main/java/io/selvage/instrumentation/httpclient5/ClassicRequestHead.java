package io.selvage.instrumentation.httpclient5;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.BodyReplay;
import io.selvage.engine.flow.HeadChanges;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.RequestHead;
import io.selvage.extension.KeptBody;
import java.util.Arrays;
import java.util.List;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.HttpMessage;
import org.apache.hc.core5.http.message.BasicClassicHttpRequest;
import org.apache.hc.core5.net.URIAuthority;
import org.jspecify.annotations.Nullable;

/** A request of the library as the engine sees it. */
final class ClassicRequestHead extends RequestHead {
  private static final String LIBRARYS_PROXY =
      "org.apache.hc.client5.http.impl.classic.RequestEntityProxy";

  private final ClassicHttpRequest request;
  private final @Nullable KeptBody kept;
  private volatile byte @Nullable [] own;

  ClassicRequestHead(ClassicHttpRequest request, HttpHost target) {
    super(request.getMethod(), "http", authority(request, target), path(request), Protocol.HTTP1);
    this.request = request;
    this.kept = isOneShot(request.getEntity()) ? new KeptBody() : null;
  }

  private ClassicRequestHead(ClassicRequestHead original) {
    super(original);
    this.request = original.request;
    this.kept = original.kept;
  }

  /** Newer versions put a body that can be read once into a proxy that calls it repeatable. */
  private static boolean isOneShot(@Nullable HttpEntity entity) {
    return entity != null
        && (!entity.isRepeatable() || entity.getClass().getName().equals(LIBRARYS_PROXY));
  }

  @Override
  public RequestHead shadowCopy() {
    return new ClassicRequestHead(this);
  }

  /** The body while it passes; null when it can be had again from the application's entity. */
  @Nullable KeptBody kept() {
    return kept;
  }

  private static String authority(ClassicHttpRequest request, HttpHost target) {
    Header host = request.getFirstHeader("host");
    if (host != null) {
      return host.getValue();
    }
    URIAuthority authority = request.getAuthority();
    String name = authority == null ? target.getHostName() : authority.getHostName();
    int port = authority == null ? target.getPort() : authority.getPort();
    return port < 0 ? name : name + ":" + port;
  }

  private static String path(ClassicHttpRequest request) {
    String path = request.getPath();
    return path == null || path.isEmpty() ? "/" : path;
  }

  @Override
  public BodyReplay bodyReplay() {
    return kept == null || own != null ? BodyReplay.REPEATABLE : kept.replay();
  }

  /** A copy has its body for itself, as the original lets go of it. */
  void body(byte[] whole) {
    own = whole;
  }

  @Override
  protected List<String> originals(String name) {
    return Arrays.stream(request.getHeaders(name)).map(Header::getValue).toList();
  }

  @Override
  protected @Nullable String original(String name) {
    return joined(request, name);
  }

  static @Nullable String joined(HttpMessage message, String name) {
    Header[] found = message.getHeaders(name);
    if (found.length == 0) {
      return null;
    }
    StringBuilder value = new StringBuilder(found[0].getValue());
    for (int i = 1; i < found.length; i++) {
      value.append(',').append(found[i].getValue());
    }
    return value.toString();
  }

  /**
   * A request to send once: the library adds headers to what it sends and refuses to add them
   * again.
   */
  ClassicHttpRequest copy(Attempt attempt) {
    BasicClassicHttpRequest copy =
        new BasicClassicHttpRequest(
            request.getMethod(), lineChanged() ? path() : request.getPath());
    copy.setVersion(request.getVersion());
    copy.setScheme(request.getScheme());
    copy.setAuthority(request.getAuthority());
    copy.setHeaders(request.getHeaders());
    apply(changes(), copy);
    if (lineChanged()) {
      copy.setHeader("Host", authority());
    }
    HttpEntity entity = request.getEntity();
    if (entity != null) {
      byte[] whole = own != null ? own : kept == null ? null : kept.whole();
      copy.setEntity(
          whole == null
              ? new WatchedEntity(entity, attempt, kept)
              : new KeptEntity(entity, attempt, whole));
    }
    return copy;
  }

  static void apply(HeadChanges changes, HttpMessage message) {
    for (HeadChanges.Change change : changes.list()) {
      switch (change.kind()) {
        case SET -> message.setHeader(change.name(), change.value());
        case ADD -> message.addHeader(change.name(), change.value());
        case REMOVE -> message.removeHeaders(change.name());
      }
    }
  }
}
