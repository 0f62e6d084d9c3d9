package io.selvage.instrumentation.httpclient;

import io.selvage.instrumentation.testing.client.Answer;
import io.selvage.instrumentation.testing.client.Call;
import io.selvage.instrumentation.testing.client.Caller;
import java.io.InputStream;
import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** {@code java.net.http} as an application uses it. */
final class JdkCaller implements Caller {
  private final HttpClient client;
  private final HttpClient staying;
  private final boolean async;

  JdkCaller(Setup setup, HttpClient.Version version, boolean async) {
    this.client = client(setup, version, HttpClient.Redirect.NORMAL);
    this.staying = client(setup, version, HttpClient.Redirect.NEVER);
    this.async = async;
  }

  private static HttpClient client(
      Setup setup, HttpClient.Version version, HttpClient.Redirect redirect) {
    HttpClient.Builder builder = HttpClient.newBuilder().version(version).followRedirects(redirect);
    if (setup.https() != null) {
      builder.sslContext(setup.https());
    }
    if (setup.cookies()) {
      builder.cookieHandler(new CookieManager());
    }
    return builder.build();
  }

  @Override
  public Answer send(Call call) throws Exception {
    HttpRequest.Builder builder =
        HttpRequest.newBuilder(URI.create(call.url()))
            .timeout(call.timeout())
            .method(
                call.method(),
                switch (call.kind()) {
                  case NONE -> HttpRequest.BodyPublishers.noBody();
                  case REPEATABLE -> HttpRequest.BodyPublishers.ofByteArray(call.bytes());
                  case ONE_SHOT -> HttpRequest.BodyPublishers.ofInputStream(call::once);
                });
    call.headers()
        .forEach(
            header -> {
              if (header.getKey().equals("Expect")) {
                builder.expectContinue(true);
              } else {
                builder.header(header.getKey(), header.getValue());
              }
            });
    HttpClient used = call.followRedirects() ? client : staying;
    HttpResponse<InputStream> response =
        async ? sentAsync(used, builder.build(), call) : sent(used, builder.build(), call);
    return new Answer(
        response.statusCode(),
        name -> response.headers().firstValue(name).orElse(null),
        response.body(),
        response.uri(),
        response.version() == HttpClient.Version.HTTP_2 ? "HTTP/2.0" : "HTTP/1.1");
  }

  private static HttpResponse<InputStream> sent(HttpClient client, HttpRequest request, Call call)
      throws Exception {
    Thread caller = Thread.currentThread();
    call.onCancel(caller::interrupt);
    return client.send(request, HttpResponse.BodyHandlers.ofInputStream());
  }

  private static HttpResponse<InputStream> sentAsync(
      HttpClient client, HttpRequest request, Call call) throws Exception {
    CompletableFuture<HttpResponse<InputStream>> answer =
        client.sendAsync(request, HttpResponse.BodyHandlers.ofInputStream());
    call.onCancel(() -> answer.cancel(true));
    try {
      return answer.get();
    } catch (ExecutionException failed) {
      throw failed.getCause() instanceof Exception cause ? cause : failed;
    }
  }
}
