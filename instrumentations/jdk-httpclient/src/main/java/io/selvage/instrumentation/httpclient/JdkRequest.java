package io.selvage.instrumentation.httpclient;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.BodyReplay;
import io.selvage.engine.flow.HeadChanges;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.RequestHead;
import io.selvage.extension.KeptBody;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A request of this library as the engine sees it, and back. */
final class JdkRequest extends RequestHead {
  /** Publishers of the library that give the same bytes to each subscriber. */
  private static final Set<String> REPEATABLE =
      Set.of(
          "ByteArrayPublisher",
          "StringPublisher",
          "EmptyPublisher",
          "FilePublisher",
          "IterablePublisher");

  private static final Duration LEAST = Duration.ofMillis(1);

  private final HttpRequest request;
  private final HttpClient client;
  private final @Nullable KeptBody kept;
  private volatile byte @Nullable [] own;

  JdkRequest(HttpRequest request, HttpClient client) {
    super(
        request.method(),
        "http",
        request.uri().getRawAuthority(),
        pathOf(request.uri()),
        request.version().orElse(client.version()) == HttpClient.Version.HTTP_2
            ? Protocol.HTTP2
            : Protocol.HTTP1);
    this.request = request;
    this.client = client;
    this.kept = isOneShot(request) ? new KeptBody() : null;
  }

  private JdkRequest(JdkRequest original) {
    super(original);
    this.request = original.request;
    this.client = original.client;
    this.kept = null; // the original's, which lets go of it
  }

  /** Nothing is known of publishers that are not the library's own. */
  private static boolean isOneShot(HttpRequest request) {
    HttpRequest.BodyPublisher body = request.bodyPublisher().orElse(null);
    if (body == null || body.contentLength() == 0) {
      return false;
    }
    String type = body.getClass().getName();
    return !type.startsWith("jdk.internal.net.http.RequestPublishers$")
        || !REPEATABLE.contains(type.substring(type.indexOf('$') + 1));
  }

  private static String pathOf(URI uri) {
    String path = uri.getRawPath();
    String whole = path == null || path.isEmpty() ? "/" : path;
    return uri.getRawQuery() == null ? whole : whole + "?" + uri.getRawQuery();
  }

  static int portOf(URI uri) {
    return uri.getPort() >= 0 ? uri.getPort() : 80;
  }

  @Override
  protected List<String> originals(String name) {
    return request.headers().allValues(name);
  }

  @Override
  protected @Nullable String original(String name) {
    List<String> values = request.headers().allValues(name);
    return values.isEmpty() ? null : String.join(",", values);
  }

  @Override
  public BodyReplay bodyReplay() {
    return kept == null ? BodyReplay.REPEATABLE : kept.replay();
  }

  @Override
  public RequestHead shadowCopy() {
    return new JdkRequest(this);
  }

  /** The body while it passes; null when it can be had again. */
  @Nullable KeptBody kept() {
    return kept;
  }

  /** A copy has its body for itself, as the original lets go of it. */
  void body(byte[] whole) {
    own = whole;
  }

  /**
   * The request as it is sent in one attempt.
   *
   * @param leftOfTimeout what is left of the application's own time-out; null = it has none
   */
  HttpRequest changed(Attempt attempt, @Nullable Duration leftOfTimeout) {
    HttpRequest.Builder builder =
        HttpRequest.newBuilder(request, (name, value) -> !isChanged(name));
    for (HeadChanges.Change change : changes().list()) {
      if (change.kind() != HeadChanges.Kind.REMOVE) {
        add(builder, change);
      }
    }
    if (lineChanged()) {
      builder.uri(URI.create("http://" + authority() + path()));
    }
    if (leftOfTimeout != null) {
      builder.timeout(leftOfTimeout.compareTo(LEAST) < 0 ? LEAST : leftOfTimeout);
    }
    HttpRequest.BodyPublisher body = request.bodyPublisher().orElse(null);
    if (body != null && body.contentLength() != 0) {
      byte[] whole = own != null ? own : kept == null ? null : kept.whole();
      HttpRequest.BodyPublisher sent =
          whole == null ? body : HttpRequest.BodyPublishers.ofByteArray(whole);
      builder.method(request.method(), new WatchedBody(sent, attempt, whole == null ? kept : null));
    }
    return builder.build();
  }

  private boolean isChanged(String name) {
    for (HeadChanges.Change change : changes().list()) {
      if (change.kind() != HeadChanges.Kind.ADD && change.name().equalsIgnoreCase(name)) {
        return true;
      }
    }
    return false;
  }

  private static void add(HttpRequest.Builder builder, HeadChanges.Change change) {
    try {
      if (change.kind() == HeadChanges.Kind.SET) {
        builder.setHeader(change.name(), change.value());
      } else {
        builder.header(change.name(), change.value());
      }
    } catch (IllegalArgumentException restricted) {
      // host, connection and the like are the library's own; it refuses them from anybody
    }
  }
}
