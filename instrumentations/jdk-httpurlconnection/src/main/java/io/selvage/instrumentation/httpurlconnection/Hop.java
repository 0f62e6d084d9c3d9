package io.selvage.instrumentation.httpurlconnection;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.BodyReplay;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.HeadChanges;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.flow.Transport;
import io.selvage.extension.Failures;
import io.selvage.extension.ForkThreads;
import io.selvage.extension.Intent;
import io.selvage.extension.Mesh;
import io.selvage.extension.MeshRuntime;
import io.selvage.extension.Refusals;
import io.selvage.extension.ShadowThreads;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.ProtocolException;
import java.net.Proxy;
import java.net.URL;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One request to one URL, through the mesh: each attempt is a fresh connection object of the JDK,
 * whose pool and protocol code do the work. One thread, but for {@link #disconnect}.
 */
final class Hop implements Transport {
  private final URL url;
  private final String method;
  private final Request request;
  private final Object owner;
  private final byte @Nullable [] body;
  private final Streaming streaming;
  private volatile @Nullable HttpURLConnection connection;
  private final List<HttpURLConnection> opened = new CopyOnWriteArrayList<>();
  private volatile boolean cancelled;
  private final CompletableFuture<Void> given = new CompletableFuture<>();

  // while a body streams
  private @Nullable Exchange exchange;
  private @Nullable Attempt attempt;
  private @Nullable OutputStream output;
  private @Nullable Answer refusal;

  /**
   * @param body whole; null when there is none, or when it streams
   * @param streaming how the application wants its body sent
   */
  Hop(
      URL url,
      String method,
      Request request,
      Object owner,
      byte @Nullable [] body,
      Streaming streaming) {
    this.url = url;
    this.method = method;
    this.request = request;
    this.owner = owner;
    this.body = body;
    this.streaming = streaming;
  }

  /** How a body is framed; both parts negative = as the JDK does by itself. */
  record Streaming(long fixedLength, int chunkLength) {
    static final Streaming NONE = new Streaming(-1, -1);

    boolean isOn() {
      return fixedLength >= 0 || chunkLength >= 0;
    }

    void applyTo(HttpURLConnection to) {
      if (fixedLength >= 0) {
        to.setFixedLengthStreamingMode(fixedLength);
      } else if (chunkLength >= 0) {
        to.setChunkedStreamingMode(chunkLength);
      }
    }
  }

  /** Sends the whole request and waits for response headers. */
  Answer run() throws IOException {
    MeshRuntime mesh = Mesh.runtime();
    Exchange x =
        mesh == null
            ? null
            : begin(mesh, streaming.isOn() ? BodyReplay.KEPT : BodyReplay.REPEATABLE);
    if (mesh == null || x == null) {
      return alone();
    }
    try {
      return answer(x, mesh.blocking().run(x, this));
    } catch (InterruptedException interrupted) {
      throw interrupted(interrupted);
    }
  }

  /**
   * Connects and sends the head; the application then writes to the stream, and {@link #finish}
   * waits for the answer. Endpoints that cannot be reached are passed over, as no byte of the body
   * was sent.
   *
   * @return null when the mesh has answered already
   */
  @Nullable OutputStream startStreaming() throws IOException {
    MeshRuntime mesh = Mesh.runtime();
    Exchange x = mesh == null ? null : begin(mesh, BodyReplay.ONE_SHOT);
    if (mesh == null || x == null) {
      HttpURLConnection direct = open(url, null, Long.MAX_VALUE, List.of());
      output = direct.getOutputStream();
      return output;
    }
    exchange = x;
    try {
      Action next = mesh.blocking().begin(x);
      while (next instanceof Attempt candidate) {
        attempt = candidate;
        Failed failed = connect(candidate);
        if (failed == null) {
          return output;
        }
        next = mesh.blocking().report(x, candidate, failed);
      }
      refusal = answer(x, (Outcome) next);
      return null;
    } catch (InterruptedException interrupted) {
      throw interrupted(interrupted);
    }
  }

  private @Nullable Failed connect(Attempt candidate) {
    try (Intent intent = Intent.of(candidate, false)) {
      HttpURLConnection to = open(candidate);
      to.connect();
      candidate.requestSent();
      output = to.getOutputStream();
      return null;
    } catch (IOException thrown) {
      return failed(candidate, thrown);
    }
  }

  /** After {@link #startStreaming}: waits for response headers. */
  Answer finish() throws IOException {
    Answer known = refusal;
    if (known != null) {
      return known;
    }
    OutputStream out = output;
    if (out != null) {
      out.close();
    }
    Exchange x = exchange;
    Attempt current = attempt;
    MeshRuntime mesh = Mesh.runtime();
    HttpURLConnection to = connection;
    if (x == null || current == null || mesh == null || to == null) {
      return plain(to);
    }
    Outcome outcome = answered(current, to);
    try {
      Action next = mesh.blocking().report(x, current, outcome);
      return answer(x, next instanceof Outcome reached ? reached : outcome);
    } catch (InterruptedException interrupted) {
      throw interrupted(interrupted);
    }
  }

  @Override
  public CompletionStage<?> cancelled() {
    return given;
  }

  @Override
  public boolean tellsActivity() {
    return true;
  }

  @Override
  public Executor forks() {
    return ForkThreads.executor();
  }

  @Override
  public Outcome send(Attempt current) {
    try (Intent intent = Intent.of(current, false)) {
      HttpURLConnection to = open(current);
      to.connect();
      current.requestSent();
      write(to);
      return answered(current, to);
    } catch (IOException thrown) {
      return failed(current, thrown);
    }
  }

  @Override
  public void discard(Outcome outcome) {
    if (outcome instanceof Responded responded && responded.head() instanceof UrlResponse head) {
      new Answer.Native(head, null, owner, method).discard();
    }
  }

  /** As another hop, on a thread of the mesh's; a body that streams is not copied. */
  @Override
  public void shadow(Exchange copy) {
    MeshRuntime mesh = Mesh.runtime();
    if (mesh != null && copy.head() instanceof UrlHead copied) {
      Hop beside = new Hop(url, method, copied.request(), new Object(), body, streaming);
      ShadowThreads.send(copy, () -> beside.drop(mesh, copy));
    } else {
      copy.end(End.ABORTED);
    }
  }

  private void drop(MeshRuntime mesh, Exchange copy) {
    try {
      discard(mesh.blocking().run(copy, this));
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  /** Breaks off what is under way. Any thread. */
  void disconnect() {
    cancelled = true;
    given.complete(null);
    opened.forEach(HttpURLConnection::disconnect);
  }

  private Outcome answered(Attempt current, HttpURLConnection to) {
    try (Intent intent = Intent.of(current, false)) {
      int status = to.getResponseCode();
      if (status < 0) {
        throw new IOException("Invalid Http response");
      }
      return new Responded(new UrlResponse(to, status));
    } catch (IOException thrown) {
      return failed(current, thrown);
    }
  }

  private Failed failed(Attempt current, IOException thrown) {
    if (cancelled) {
      return new Failed(Failed.Kind.CANCELLED, thrown);
    }
    Failed failed = Failures.of(current, thrown);
    boolean connecting = !current.wasRequestSent() && failed.kind() == Failed.Kind.RESET;
    return connecting ? new Failed(Failed.Kind.CONNECT, thrown) : failed;
  }

  private void write(HttpURLConnection to) throws IOException {
    byte[] bytes = body;
    if (bytes != null) {
      try (OutputStream out = to.getOutputStream()) {
        out.write(bytes);
      } catch (ProtocolException notAskedFor) {
        if (request.joined("expect") == null) {
          throw notAskedFor;
        }
        // the server has answered in place of 100, and that answer is there to be read
      }
    }
  }

  private @Nullable Exchange begin(MeshRuntime mesh, BodyReplay replay) {
    try {
      int port = url.getPort() < 0 ? url.getDefaultPort() : url.getPort();
      return mesh.outbound(new UrlHead(url, method, request, replay), url.getHost(), port);
    } catch (RuntimeException | Error bug) {
      return null; // the mesh's fault must not become the application's
    }
  }

  private HttpURLConnection open(Attempt current) throws IOException {
    RequestHead head = current.exchange().head();
    URL target = head.lineChanged() ? new URL("http://" + head.authority() + head.path()) : url;
    Proxy proxy = current.endpoint() == null ? request.proxy : Proxy.NO_PROXY;
    Exchange x = current.exchange();
    // a hedged attempt goes on beside its retry when its own time is over
    long left = x.facts().hedges ? remaining(x.deadlineNanos(), x.now()) : current.remainingNanos();
    long millis = left == Long.MAX_VALUE ? Long.MAX_VALUE : left / 1_000_000;
    HttpURLConnection to = open(target, proxy, millis, head.changes().list());
    current.onAbort(to::disconnect);
    return to;
  }

  private static long remaining(long deadline, long now) {
    return deadline == Long.MAX_VALUE ? deadline : Math.max(0, deadline - now);
  }

  private HttpURLConnection open(
      URL target, @Nullable Proxy proxy, long millis, List<HeadChanges.Change> changes)
      throws IOException {
    HttpURLConnection to;
    try (Intent own = Intent.bypass()) {
      Proxy through = proxy == null ? request.proxy : proxy;
      to =
          (HttpURLConnection)
              (through == null ? target.openConnection() : target.openConnection(through));
    }
    request.applyTo(to, method, millis);
    if (streaming.isOn()) {
      streaming.applyTo(to);
    } else if (body != null && !request.mayAuthenticate()) {
      // or else the JDK itself repeats a request that the server broke off
      to.setFixedLengthStreamingMode(body.length);
    }
    for (Map.Entry<String, String> header : changed(request.headers, changes)) {
      to.addRequestProperty(header.getKey(), header.getValue());
    }
    connection = to;
    opened.add(to);
    return to;
  }

  private static List<Map.Entry<String, String>> changed(
      List<Map.Entry<String, String>> original, List<HeadChanges.Change> changes) {
    if (changes.isEmpty()) {
      return original;
    }
    List<Map.Entry<String, String>> headers = new ArrayList<>(original);
    for (HeadChanges.Change change : changes) {
      if (change.kind() != HeadChanges.Kind.ADD) {
        headers.removeIf(header -> header.getKey().equalsIgnoreCase(change.name()));
      }
      if (change.kind() != HeadChanges.Kind.REMOVE) {
        headers.add(Map.entry(change.name(), change.value()));
      }
    }
    return headers;
  }

  private Answer alone() throws IOException {
    HttpURLConnection to = open(url, null, Long.MAX_VALUE, List.of());
    write(to);
    return plain(to);
  }

  private Answer plain(@Nullable HttpURLConnection to) throws IOException {
    if (to == null) {
      throw new IOException("not connected");
    }
    int status = to.getResponseCode();
    return new Answer.Native(new UrlResponse(to, status), null, owner, method);
  }

  private Answer answer(Exchange x, Outcome outcome) throws IOException {
    if (outcome instanceof Responded responded && responded.head() instanceof UrlResponse head) {
      return new Answer.Native(head, x, owner, method);
    }
    Rejection rejection = Refusals.answer(outcome);
    if (rejection != null) {
      return new Answer.Own(rejection, url);
    }
    Throwable failure = Refusals.failure((Failed) outcome);
    if (failure instanceof IOException io) {
      throw io;
    }
    if (failure instanceof RuntimeException unchecked) {
      throw unchecked;
    }
    throw new IOException(failure);
  }

  private static InterruptedIOException interrupted(InterruptedException interrupted) {
    Thread.currentThread().interrupt();
    InterruptedIOException thrown = new InterruptedIOException("interrupted");
    thrown.initCause(interrupted);
    return thrown;
  }
}
