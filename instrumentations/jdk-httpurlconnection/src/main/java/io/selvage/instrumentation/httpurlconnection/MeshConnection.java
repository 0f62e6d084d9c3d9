package io.selvage.instrumentation.httpurlconnection;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Authenticator;
import java.net.HttpRetryException;
import java.net.HttpURLConnection;
import java.net.MalformedURLException;
import java.net.ProtocolException;
import java.net.Proxy;
import java.net.URL;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The connection that an application gets for an {@code http:} URL: it collects the request as the
 * JDK's own does, and carries it out through the mesh when the application asks for the response.
 *
 * <p>Redirects are followed here, by the JDK's rules, so that each hop is decided by its own name.
 * As little thread-safe as the JDK's; {@link #disconnect} may come from any thread.
 */
public final class MeshConnection extends HttpURLConnection {
  private static final int DEFAULT_REDIRECTS = 20;

  private final Request request;
  private @Nullable BodyOutput body;
  private @Nullable IOException failure;
  private volatile @Nullable Answer answer;
  private volatile @Nullable Hop hop;

  /**
   * @param own what the JDK would have given: its defaults are kept
   */
  MeshConnection(URL url, @Nullable Proxy proxy, HttpURLConnection own) {
    super(url);
    this.request = new Request(proxy);
    request.connectTimeout = own.getConnectTimeout();
    request.readTimeout = own.getReadTimeout();
  }

  // ---- sending

  /** Nothing is sent yet: where to is decided when the whole request is known. */
  @Override
  public void connect() {
    connected = true;
  }

  @Override
  public OutputStream getOutputStream() throws IOException {
    if (!doOutput) {
      throw new ProtocolException(
          "cannot write to a URLConnection if doOutput=false - call setDoOutput(true)");
    }
    if (answer != null) {
      throw new ProtocolException("Cannot write output after reading input.");
    }
    connect();
    if (method.equals("GET")) {
      method = "POST";
    }
    BodyOutput known = body;
    if (known == null) {
      known = new BodyOutput(streaming().isOn(), this::startStreaming);
      body = known;
    }
    return known;
  }

  private Hop.Streaming streaming() {
    if (fixedContentLengthLong >= 0) {
      return new Hop.Streaming(fixedContentLengthLong, -1);
    }
    return fixedContentLength >= 0
        ? new Hop.Streaming(fixedContentLength, -1)
        : new Hop.Streaming(-1, chunkLength);
  }

  private @Nullable OutputStream startStreaming() throws IOException {
    Hop started = new Hop(url, method, settings(), this, null, streaming());
    hop = started;
    return started.startStreaming();
  }

  private Request settings() {
    request.useCaches = useCaches;
    request.allowUserInteraction = allowUserInteraction;
    request.doInput = doInput;
    request.doOutput = doOutput;
    request.ifModifiedSince = ifModifiedSince;
    return request;
  }

  private Answer answer() throws IOException {
    Answer known = answer;
    if (known != null) {
      return known;
    }
    if (failure != null) {
      throw failure;
    }
    connect();
    try {
      known = following(first());
      answer = known;
      responseCode = known.status();
      responseMessage = known.message();
      return known;
    } catch (IOException thrown) {
      failure = thrown;
      throw thrown;
    }
  }

  private Answer first() throws IOException {
    BodyOutput written = body;
    Hop started = hop;
    if (written != null && written.isSending() && started != null) {
      return started.finish();
    }
    byte[] whole = written == null ? null : written.whole();
    Hop.Streaming framing = whole == null ? Hop.Streaming.NONE : streaming();
    Hop next = new Hop(url, method, settings(), this, whole, framing);
    hop = next;
    return next.run();
  }

  private Answer following(Answer first) throws IOException {
    Answer current = first;
    int limit = Math.max(1, Integer.getInteger("http.maxRedirects", DEFAULT_REDIRECTS));
    for (int hops = 0; ; hops++) {
      URL next = redirect(current);
      if (next == null) {
        return current;
      }
      if (streaming().isOn()) {
        throw new HttpRetryException(
            "cannot retry due to redirection, in streaming mode",
            current.status(),
            next.toString());
      }
      if (hops >= limit) {
        throw new ProtocolException("Server redirected too many  times (" + limit + ")");
      }
      current.discard();
      byte[] whole = body == null ? null : body.whole();
      boolean strict = Boolean.getBoolean("http.strictPostRedirect");
      if (method.equals("POST") && !strict && current.status() != 307) {
        method = "GET";
        doOutput = false;
        body = null;
        whole = null;
        request.headers.removeIf(header -> header.getKey().equalsIgnoreCase("content-type"));
      }
      url = next;
      Hop following = new Hop(url, method, settings(), this, whole, Hop.Streaming.NONE);
      hop = following;
      current = following.run();
    }
  }

  /** Where the JDK would go next; null when it would stay. */
  private @Nullable URL redirect(Answer current) {
    int status = current.status();
    String location = status >= 300 && status <= 307 ? header(current, "location") : null;
    if (!instanceFollowRedirects || location == null || status == 304 || status == 306) {
      return null;
    }
    try {
      URL next = new URL(url, location);
      return next.getProtocol().equalsIgnoreCase(url.getProtocol()) ? next : null;
    } catch (MalformedURLException unreadable) {
      return null;
    }
  }

  @Override
  public void disconnect() {
    Answer known = answer;
    Hop current = hop;
    if (known != null) {
      known.disconnect();
    } else if (current != null) {
      current.disconnect();
    }
  }

  @Override
  public boolean usingProxy() {
    return false;
  }

  // ---- the response

  @Override
  public InputStream getInputStream() throws IOException {
    if (!doInput) {
      throw new ProtocolException(
          "Cannot read from URLConnection if doInput=false (call setDoInput(true))");
    }
    return answer().input();
  }

  @Override
  public @Nullable InputStream getErrorStream() {
    Answer known = answer;
    return known == null || known.status() < 400 ? null : known.error();
  }

  @Override
  public int getResponseCode() throws IOException {
    return answer().status();
  }

  @Override
  public @Nullable String getResponseMessage() throws IOException {
    return answer().message();
  }

  @Override
  public @Nullable String getHeaderField(@Nullable String name) {
    Answer known = answerOrNull();
    return known == null ? null : header(known, name);
  }

  @Override
  public @Nullable String getHeaderField(int n) {
    Answer known = answerOrNull();
    return known == null || n < 0 || n >= known.headers().size()
        ? null
        : known.headers().get(n).getValue();
  }

  @Override
  public @Nullable String getHeaderFieldKey(int n) {
    Answer known = answerOrNull();
    return known == null || n < 0 || n >= known.headers().size()
        ? null
        : known.headers().get(n).getKey();
  }

  @Override
  public Map<String, List<String>> getHeaderFields() {
    Answer known = answerOrNull();
    return known == null ? Map.of() : grouped(known.headers());
  }

  private @Nullable Answer answerOrNull() {
    try {
      return answer();
    } catch (IOException remembered) {
      return null; // thrown again when the application asks for the status or the body
    }
  }

  /** The last value, as {@link java.net.URLConnection#getHeaderField} says. */
  private static @Nullable String header(Answer answer, @Nullable String name) {
    String value = null;
    for (Map.Entry<@Nullable String, String> header : answer.headers()) {
      String key = header.getKey();
      if (key == null ? name == null : key.equalsIgnoreCase(name)) {
        value = header.getValue();
      }
    }
    return value;
  }

  private static <K> Map<K, List<String>> grouped(List<Map.Entry<K, String>> headers) {
    Map<K, List<String>> grouped = new LinkedHashMap<>();
    for (Map.Entry<K, String> header : headers) {
      grouped.computeIfAbsent(header.getKey(), key -> new ArrayList<>()).add(header.getValue());
    }
    grouped.replaceAll((key, values) -> Collections.unmodifiableList(values));
    return Collections.unmodifiableMap(grouped);
  }

  // ---- the request

  private void open() {
    if (connected) {
      throw new IllegalStateException("Already connected");
    }
  }

  @Override
  public void setRequestProperty(String name, @Nullable String value) {
    open();
    request.set(name, value);
  }

  @Override
  public void addRequestProperty(String name, @Nullable String value) {
    open();
    request.add(name, value);
  }

  @Override
  public @Nullable String getRequestProperty(@Nullable String name) {
    String value = null;
    for (Map.Entry<String, String> header : request.headers) {
      if (header.getKey().equalsIgnoreCase(name)) {
        value = header.getValue();
      }
    }
    return value;
  }

  @Override
  public Map<String, List<String>> getRequestProperties() {
    open();
    return grouped(request.headers);
  }

  @Override
  public void setConnectTimeout(int millis) {
    if (millis < 0) {
      throw new IllegalArgumentException("timeouts can't be negative");
    }
    request.connectTimeout = millis;
  }

  @Override
  public int getConnectTimeout() {
    return request.connectTimeout;
  }

  @Override
  public void setReadTimeout(int millis) {
    if (millis < 0) {
      throw new IllegalArgumentException("timeouts can't be negative");
    }
    request.readTimeout = millis;
  }

  @Override
  public int getReadTimeout() {
    return request.readTimeout;
  }

  @Override
  public void setAuthenticator(Authenticator authenticator) {
    open();
    request.authenticator = authenticator;
  }
}
