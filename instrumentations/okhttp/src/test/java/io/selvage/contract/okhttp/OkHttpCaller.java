package io.selvage.contract.okhttp;

import io.selvage.instrumentation.testing.client.Answer;
import io.selvage.instrumentation.testing.client.Call;
import io.selvage.instrumentation.testing.client.Caller;
import java.io.IOException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import okhttp3.Callback;
import okhttp3.Cookie;
import okhttp3.CookieJar;
import okhttp3.HttpUrl;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okio.BufferedSink;
import okio.Okio;

/** OkHttp as an application builds and uses it. */
final class OkHttpCaller implements Caller {
  private final OkHttpClient client;
  private final boolean asynchronous;

  OkHttpCaller(Setup setup, List<Protocol> protocols) {
    this(setup, protocols, false);
  }

  /**
   * @param asynchronous calls are enqueued
   */
  OkHttpCaller(Setup setup, List<Protocol> protocols, boolean asynchronous) {
    this.asynchronous = asynchronous;
    OkHttpClient.Builder builder = new OkHttpClient.Builder().protocols(protocols);
    if (setup.https() != null) {
      builder.sslSocketFactory(setup.https().getSocketFactory(), anyTrustManager());
    }
    if (setup.cookies()) {
      builder.cookieJar(new Jar());
    }
    client = builder.build();
    client.dispatcher().setMaxRequestsPerHost(64);
  }

  /** Only used by the library to clean chains; the context's own trust manager verifies. */
  private static X509TrustManager anyTrustManager() {
    try {
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init((KeyStore) null);
      return (X509TrustManager) factory.getTrustManagers()[0];
    } catch (java.security.GeneralSecurityException broken) {
      throw new IllegalStateException(broken);
    }
  }

  private static final class Jar implements CookieJar {
    private final List<Cookie> kept = new CopyOnWriteArrayList<>();

    @Override
    public void saveFromResponse(HttpUrl url, List<Cookie> cookies) {
      kept.addAll(cookies);
    }

    @Override
    public List<Cookie> loadForRequest(HttpUrl url) {
      return kept.stream().filter(cookie -> cookie.matches(url)).distinct().toList();
    }
  }

  @Override
  public Answer send(Call call) throws IOException {
    Request.Builder request =
        new Request.Builder().url(call.url()).method(call.method(), body(call));
    for (Map.Entry<String, String> header : call.headers()) {
      request.addHeader(header.getKey(), header.getValue());
    }
    Duration timeout = call.timeout();
    okhttp3.Call library =
        client
            .newBuilder()
            .followRedirects(call.followRedirects())
            .readTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
            .build()
            .newCall(request.build());
    call.onCancel(library::cancel);
    Response response = asynchronous ? enqueued(library) : library.execute();
    return new Answer(
        response.code(),
        response::header,
        new Bytes(response.body().byteStream()),
        response.request().url().uri(),
        response.protocol() == Protocol.HTTP_2 ? "HTTP/2.0" : "HTTP/1.1");
  }

  private static Response enqueued(okhttp3.Call call) throws IOException {
    CompletableFuture<Response> answer = new CompletableFuture<>();
    call.enqueue(
        new Callback() {
          @Override
          public void onFailure(okhttp3.Call failed, IOException thrown) {
            answer.completeExceptionally(thrown);
          }

          @Override
          public void onResponse(okhttp3.Call answered, Response response) {
            answer.complete(response);
          }
        });
    try {
      return answer.get();
    } catch (ExecutionException failed) {
      throw failed.getCause() instanceof IOException io ? io : new IOException(failed);
    } catch (InterruptedException stopped) {
      call.cancel();
      throw new IOException(stopped);
    }
  }

  @Override
  public Set<Lacks> lacks() {
    return asynchronous ? Set.of(Lacks.INTERRUPT) : Set.of();
  }

  /**
   * Okio's stream waits for bytes even when asked for none, which {@code readNBytes} does at its
   * end.
   */
  private static final class Bytes extends java.io.FilterInputStream {
    Bytes(java.io.InputStream in) {
      super(in);
    }

    @Override
    public int read(byte[] to, int from, int most) throws IOException {
      return most == 0 ? 0 : super.read(to, from, most);
    }
  }

  private static RequestBody body(Call call) {
    return switch (call.kind()) {
      case NONE ->
          call.method().equals("POST") || call.method().equals("PUT") ? bytes(new byte[0]) : null;
      case REPEATABLE -> bytes(call.bytes());
      case ONE_SHOT -> new OneShot(call);
    };
  }

  @SuppressWarnings("deprecation") // the newer form is missing in 3.12
  private static RequestBody bytes(byte[] content) {
    return RequestBody.create(MediaType.parse("application/octet-stream"), content);
  }

  private static final class OneShot extends RequestBody {
    private final Call call;

    OneShot(Call call) {
      this.call = call;
    }

    @Override
    public MediaType contentType() {
      return MediaType.parse("application/octet-stream");
    }

    @Override
    public boolean isOneShot() {
      return true;
    }

    @Override
    public void writeTo(BufferedSink sink) throws IOException {
      sink.writeAll(Okio.source(call.once()));
    }
  }

  @Override
  public void close() {
    client.dispatcher().executorService().shutdown();
    client.connectionPool().evictAll();
  }
}
