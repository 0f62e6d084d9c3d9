package io.selvage.instrumentation.httpclient;

import io.selvage.engine.flow.AsyncDriver;
import io.selvage.engine.flow.AsyncTransport;
import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.Responded;
import io.selvage.extension.Failures;
import io.selvage.extension.Intent;
import io.selvage.extension.KeptBody;
import io.selvage.extension.Mesh;
import io.selvage.extension.MeshRuntime;
import io.selvage.extension.Refusals;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * One request of the application through the mesh: each attempt is a {@code sendAsync} of the
 * library's own, whose body handler asks whether this answer is the application's before the
 * application's handler sees anything.
 *
 * @param <T> what the application's body handler makes
 */
final class Sending<T> implements AsyncTransport {
  private final MeshRuntime mesh;
  private final HttpClient client;
  private final HttpRequest request;
  private final JdkRequest head;
  private final HttpResponse.BodyHandler<T> handler;
  private final HttpResponse.@Nullable PushPromiseHandler<T> push;
  private final long startNanos;

  /** Let go once it is complete, so that a body that is dropped can be found. */
  private volatile @Nullable Result result = new Result();

  private @Nullable AsyncDriver driver;

  private Sending(
      MeshRuntime mesh,
      HttpClient client,
      HttpRequest request,
      JdkRequest head,
      HttpResponse.BodyHandler<T> handler,
      HttpResponse.@Nullable PushPromiseHandler<T> push) {
    this.mesh = mesh;
    this.client = client;
    this.request = request;
    this.head = head;
    this.handler = handler;
    this.push = push;
    this.startNanos = mesh.clock().nanos();
  }

  /**
   * @return the application's future; null when the library is to go on by itself
   */
  static @Nullable Object start(
      Object client, @Nullable Object request, @Nullable Object handler, @Nullable Object push) {
    MeshRuntime mesh = Mesh.runtime();
    if (mesh == null
        || !(client instanceof HttpClient http)
        || !(request instanceof HttpRequest asked)
        || !(handler instanceof HttpResponse.BodyHandler<?> bodies)
        || Intent.isBypassed()
        || Intent.attemptOfThread() != null
        || !isOurs(asked)) {
      return null;
    }
    return begun(mesh, http, asked, bodies, (HttpResponse.PushPromiseHandler<?>) push);
  }

  /** WebSocket hand-shakes carry a mark that a rebuilt request loses. */
  private static boolean isOurs(HttpRequest request) {
    URI uri = request.uri();
    return uri != null
        && "http".equalsIgnoreCase(uri.getScheme())
        && uri.getHost() != null
        && request.headers().firstValue("Sec-WebSocket-Version").isEmpty();
  }

  @SuppressWarnings("unchecked")
  private static <T> @Nullable Object begun(
      MeshRuntime mesh,
      HttpClient client,
      HttpRequest request,
      HttpResponse.BodyHandler<T> handler,
      HttpResponse.@Nullable PushPromiseHandler<?> push) {
    JdkRequest head = new JdkRequest(request, client);
    Exchange x = exchange(mesh, head, request.uri());
    if (x == null) {
      return null;
    }
    Sending<T> sending =
        new Sending<>(
            mesh, client, request, head, handler, (HttpResponse.PushPromiseHandler<T>) push);
    AsyncDriver made = mesh.async(x, sending, sending::settled);
    sending.driver = made;
    Object future = sending.result;
    made.start();
    return future;
  }

  private static @Nullable Exchange exchange(MeshRuntime mesh, JdkRequest head, URI uri) {
    try {
      return mesh.outbound(head, uri.getHost(), JdkRequest.portOf(uri));
    } catch (RuntimeException | Error bug) {
      return null; // the mesh's fault must not become the application's
    }
  }

  private void end(End how) {
    AsyncDriver current = driver;
    if (current != null) {
      current.end(how);
    }
  }

  // ---- one attempt

  @Override
  public boolean tellsActivity() {
    return true;
  }

  @Override
  public void send(Attempt attempt, Reports to) {
    Try one = new Try(attempt, to);
    HttpRequest sent = head.changed(attempt, leftOfTimeout());
    CompletableFuture<HttpResponse<T>> answer;
    LostStreams.watch(attempt, one);
    try (Intent intent = Intent.of(attempt, true)) {
      answer = client.sendAsync(sent, one, push);
    }
    attempt.onAbort(() -> one.abort(answer));
    one.answeredBy(answer);
    answer.whenComplete((response, thrown) -> one.done(sent, response, thrown));
  }

  /** A copy of the request, once its body is here. */
  @Override
  public void shadow(Exchange copy) {
    KeptBody kept = head.kept();
    if (kept == null) {
      mirror(copy, (JdkRequest) copy.head());
    } else {
      kept.whenKnown(
          whole -> {
            if (whole == null) {
              copy.end(End.ABORTED);
            } else {
              JdkRequest copied = (JdkRequest) copy.head();
              copied.body(whole);
              mirror(copy, copied);
            }
          });
    }
  }

  /** Driven like any other, and nobody waits for its answer. */
  private void mirror(Exchange copy, JdkRequest copied) {
    Sending<@Nullable Void> mirrored =
        new Sending<>(mesh, client, request, copied, HttpResponse.BodyHandlers.discarding(), null);
    AsyncDriver made = mesh.async(copy, mirrored, mirrored::settled);
    mirrored.driver = made;
    made.start();
  }

  private @Nullable Duration leftOfTimeout() {
    Duration timeout = request.timeout().orElse(null);
    return timeout == null ? null : timeout.minusNanos(mesh.clock().nanos() - startNanos);
  }

  /** One sending; also the body handler that the library gets. */
  private final class Try implements HttpResponse.BodyHandler<T>, Runnable {
    private final Attempt attempt;
    private final Reports to;
    private volatile boolean won;
    private volatile boolean lost;
    private volatile @Nullable CompletableFuture<?> answer;
    private volatile @Nullable JdkResponse answered;
    private volatile @Nullable EndingSubscriber<T> body;

    Try(Attempt attempt, Reports to) {
      this.attempt = attempt;
      this.to = to;
    }

    @Override
    public HttpResponse.BodySubscriber<T> apply(HttpResponse.ResponseInfo info) {
      attempt.requestSent();
      JdkResponse response = new JdkResponse(info);
      answered = response;
      won = to.report(attempt, new Responded(response));
      if (!won) {
        return new Discarding<>(info);
      }
      EndingSubscriber<T> ending =
          new EndingSubscriber<>(handler.apply(response), Sending.this::end, attempt.exchange());
      body = ending;
      return ending;
    }

    void done(HttpRequest sent, @Nullable HttpResponse<T> response, @Nullable Throwable thrown) {
      JdkResponse response0 = answered;
      if (won && response0 != null) {
        if (thrown != null) {
          end(End.ABORTED);
          fail(unwrapped(thrown));
        } else if (response != null) {
          deliver(sent, response0, response);
        }
      } else if (response0 == null && thrown != null) {
        to.report(attempt, failure(unwrapped(thrown)));
      }
    }

    private void deliver(HttpRequest sent, JdkResponse answeredBy, HttpResponse<T> response) {
      boolean redirected = !response.uri().equals(sent.uri());
      T content = DroppedBody.watched(response.body(), driver, body);
      complete(new Answered<>(request, answeredBy, content, response, redirected));
    }

    private Failed failure(Throwable thrown) {
      if (lost) {
        return new Failed(
            Failed.Kind.RESET,
            new IOException("the connection was over when the request joined it"));
      }
      if (thrown instanceof HttpConnectTimeoutException) {
        return new Failed(Failed.Kind.CONNECT, thrown);
      }
      if (thrown instanceof HttpTimeoutException && !attempt.isAborted()) {
        return new Failed(Failed.Kind.LOCAL, thrown); // the application's own time-out
      }
      String text = String.valueOf(thrown.getMessage());
      if (thrown instanceof IOException && text.contains("REFUSED_STREAM")) {
        return new Failed(Failed.Kind.REFUSED, thrown);
      }
      Failed failed = Failures.of(attempt, thrown);
      return failed.kind() == Failed.Kind.LOCAL && attempt.isAborted()
          ? new Failed(Failed.Kind.CANCELLED, thrown)
          : failed;
    }

    void answeredBy(CompletableFuture<?> given) {
      answer = given;
      if (lost) {
        given.cancel(true);
      }
    }

    /** The connection was over when this request joined it. */
    @Override
    public void run() {
      lost = true;
      CompletableFuture<?> given = answer;
      if (given != null) {
        given.cancel(true);
      }
    }

    void abort(CompletableFuture<?> given) {
      given.cancel(true);
      EndingSubscriber<T> streaming = body;
      if (streaming != null) {
        streaming.abort(new IOException("the time for this request is over"));
      }
    }
  }

  /** There will be no further attempt. */
  private void letGo() {
    KeptBody kept = head.kept();
    if (kept != null) {
      kept.release();
    }
  }

  private void complete(HttpResponse<T> response) {
    letGo();
    Result future = result;
    result = null;
    if (future != null) {
      future.complete(response);
    }
  }

  private void fail(Throwable thrown) {
    letGo();
    Result future = result;
    result = null;
    if (future != null) {
      future.completeExceptionally(thrown);
    }
  }

  private static Throwable unwrapped(Throwable thrown) {
    Throwable cause = thrown.getCause();
    return thrown instanceof CompletionException && cause != null ? cause : thrown;
  }

  // ---- what the application gets when no upstream answered

  private void settled(Outcome outcome) {
    if (outcome instanceof Responded) {
      return; // delivered with its body
    }
    Rejection rejection = Refusals.answer(outcome);
    if (rejection != null) {
      answer(rejection);
    } else if (outcome instanceof Failed failed) {
      fail(Refusals.failure(failed));
    }
  }

  private void answer(Rejection rejection) {
    JdkResponse response = JdkResponse.of(rejection);
    try {
      HttpResponse.BodySubscriber<T> subscriber = handler.apply(response);
      WholeBody whole =
          new WholeBody(subscriber, rejection.body().getBytes(StandardCharsets.UTF_8));
      subscriber.onSubscribe(whole);
      subscriber
          .getBody()
          .whenComplete(
              (content, thrown) -> {
                if (thrown != null) {
                  fail(unwrapped(thrown));
                } else {
                  complete(new Answered<>(request, response, content, null, false));
                }
              });
    } catch (RuntimeException thrown) {
      fail(thrown);
    }
  }

  /** The application's future: cancelling it cancels the exchange. */
  private final class Result extends CompletableFuture<HttpResponse<T>> {
    @Override
    public boolean cancel(boolean mayInterrupt) {
      boolean cancelled = super.cancel(mayInterrupt);
      AsyncDriver current = driver;
      if (cancelled && current != null) {
        current.cancel();
      }
      return cancelled;
    }

    /** Dependents are the application's own and do not cancel the exchange. */
    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
      return new CompletableFuture<>();
    }
  }
}
