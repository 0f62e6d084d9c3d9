package io.selvage.instrumentation.testing.client;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A request as an application writes it, in no library's terms. Built and used by one test; {@link
 * #cancel} from any thread.
 */
public final class Call {
  /** How the library is given the body. */
  public enum Body {
    NONE,
    /** Bytes in memory. */
    REPEATABLE,
    /** A stream that can be read once, of unknown length. */
    ONE_SHOT
  }

  private static final Runnable CANCELLED = () -> {};

  private final String method;
  private final String url;
  private final List<Map.Entry<String, String>> headers = new ArrayList<>();
  private Body kind = Body.NONE;
  private byte[] body = new byte[0];
  private Duration timeout = Duration.ofSeconds(30);
  private boolean followRedirects = true;
  private final AtomicReference<@Nullable Runnable> cancel = new AtomicReference<>();

  private Call(String method, String url) {
    this.method = method;
    this.url = url;
  }

  public static Call get(String url) {
    return new Call("GET", url);
  }

  public static Call of(String method, String url) {
    return new Call(method, url);
  }

  /** A POST whose body the library can send again. */
  public static Call post(String url, byte[] body) {
    Call call = new Call("POST", url);
    call.kind = Body.REPEATABLE;
    call.body = body.clone();
    return call;
  }

  public static Call post(String url, String body) {
    return post(url, body.getBytes(StandardCharsets.UTF_8));
  }

  /** A POST whose body can be read once. */
  public static Call stream(String url, byte[] body) {
    return stream("POST", url, body);
  }

  /** A body that can be read once. */
  public static Call stream(String method, String url, byte[] body) {
    Call call = new Call(method, url);
    call.kind = Body.ONE_SHOT;
    call.body = body.clone();
    return call;
  }

  public Call header(String name, String value) {
    headers.add(Map.entry(name, value));
    return this;
  }

  /** The library's own time-out for an answer. */
  public Call timeout(Duration value) {
    timeout = value;
    return this;
  }

  public Call staying() {
    followRedirects = false;
    return this;
  }

  public String method() {
    return method;
  }

  public String url() {
    return url;
  }

  public List<Map.Entry<String, String>> headers() {
    return List.copyOf(headers);
  }

  public Body kind() {
    return kind;
  }

  /** The body's bytes, for {@link Body#REPEATABLE}. */
  public byte[] bytes() {
    return body.clone();
  }

  /** The body as a stream, for {@link Body#ONE_SHOT}; may be asked for once. */
  public InputStream once() {
    return new ByteArrayInputStream(body);
  }

  public Duration timeout() {
    return timeout;
  }

  public boolean followRedirects() {
    return followRedirects;
  }

  /** A caller says how this call is cancelled while it is under way. */
  public void onCancel(Runnable how) {
    if (!cancel.compareAndSet(null, how)) {
      how.run();
    }
  }

  /** The application no longer wants the answer. */
  public void cancel() {
    Runnable how = cancel.getAndSet(CANCELLED);
    if (how != null) {
      how.run();
    }
  }
}
