package io.selvage.contract.httpclient5;

import io.selvage.instrumentation.testing.client.Answer;
import io.selvage.instrumentation.testing.client.Call;
import io.selvage.instrumentation.testing.client.Caller;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.config.TlsConfig;
import org.apache.hc.client5.http.impl.async.CloseableHttpAsyncClient;
import org.apache.hc.client5.http.impl.async.H2AsyncClientBuilder;
import org.apache.hc.client5.http.impl.async.HttpAsyncClientBuilder;
import org.apache.hc.client5.http.impl.nio.PoolingAsyncClientConnectionManagerBuilder;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.client5.http.ssl.ClientTlsStrategyBuilder;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.message.BasicHttpRequest;
import org.apache.hc.core5.http.nio.AsyncEntityProducer;
import org.apache.hc.core5.http.nio.entity.BasicAsyncEntityProducer;
import org.apache.hc.core5.http.nio.support.BasicRequestProducer;
import org.apache.hc.core5.http2.HttpVersionPolicy;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.util.Timeout;

/**
 * Apache HttpClient 5, asynchronous, as an application builds and uses it; the library's own
 * retries, which begin again even when part of a body has arrived, would hide what the mesh does.
 */
final class HttpClient5AsyncCaller implements Caller {
  /** The clients that the library offers. */
  enum Kind {
    HTTP1,
    /** HTTP/2 over a pool of connections, each with one request at a time. */
    HTTP2,
    /** HTTP/2 alone, many requests over one connection. */
    MULTIPLEXED
  }

  private final Kind kind;
  private final CloseableHttpAsyncClient client;

  HttpClient5AsyncCaller(Setup setup, Kind kind) {
    this.kind = kind;
    client = kind == Kind.MULTIPLEXED ? multiplexed(setup) : pooled(setup, kind);
    client.start();
  }

  @SuppressWarnings("deprecation") // the form that all versions have
  private static CloseableHttpAsyncClient pooled(Setup setup, Kind kind) {
    PoolingAsyncClientConnectionManagerBuilder pool =
        PoolingAsyncClientConnectionManagerBuilder.create()
            .setMaxConnPerRoute(20)
            .setMaxConnTotal(100);
    if (setup.https() != null) {
      pool.setTlsStrategy(ClientTlsStrategyBuilder.create().setSslContext(setup.https()).build());
    }
    if (kind == Kind.HTTP2) {
      forceHttp2(pool);
    }
    HttpAsyncClientBuilder builder =
        HttpAsyncClientBuilder.create()
            .disableAutomaticRetries()
            .setVersionPolicy(
                kind == Kind.HTTP1
                    ? HttpVersionPolicy.FORCE_HTTP_1
                    : HttpVersionPolicy.FORCE_HTTP_2)
            .setConnectionManager(pool.build());
    if (!setup.cookies()) {
      builder.disableCookieManagement();
    }
    return builder.build();
  }

  private static void forceHttp2(PoolingAsyncClientConnectionManagerBuilder pool) {
    try {
      pool.setDefaultTlsConfig(
          TlsConfig.custom().setVersionPolicy(HttpVersionPolicy.FORCE_HTTP_2).build());
    } catch (NoSuchMethodError | NoClassDefFoundError older) {
      // the client's own policy counts there
    }
  }

  private static CloseableHttpAsyncClient multiplexed(Setup setup) {
    H2AsyncClientBuilder builder = H2AsyncClientBuilder.create().disableAutomaticRetries();
    if (setup.https() != null) {
      builder.setTlsStrategy(
          ClientTlsStrategyBuilder.create().setSslContext(setup.https()).build());
    }
    if (!setup.cookies()) {
      builder.disableCookieManagement();
    }
    return builder.build();
  }

  /** Over HTTP/2 the library sends the body whatever the answer to its expectation is. */
  @Override
  public Set<Lacks> lacks() {
    return kind == Kind.HTTP1 ? Set.of() : Set.of(Lacks.EXPECT);
  }

  @Override
  public Answer send(Call call) throws IOException {
    BasicHttpRequest request = new BasicHttpRequest(call.method(), URI.create(call.url()));
    for (Map.Entry<String, String> header : call.headers()) {
      request.addHeader(header.getKey(), header.getValue());
    }
    HttpClientContext context = HttpClientContext.create();
    context.setRequestConfig(
        RequestConfig.custom()
            .setResponseTimeout(Timeout.ofMilliseconds(call.timeout().toMillis()))
            .setRedirectsEnabled(call.followRedirects())
            .setExpectContinueEnabled(
                call.headers().stream().anyMatch(h -> h.getKey().equalsIgnoreCase("expect")))
            .build());
    StreamedConsumer consumer = new StreamedConsumer();
    Future<Void> whole =
        client.execute(new BasicRequestProducer(request, body(call)), consumer, context, null);
    consumer.watch(whole);
    call.onCancel(() -> whole.cancel(true));
    HttpResponse response = head(consumer, whole);
    return new Answer(
        response.getCode(),
        name -> value(response, name),
        new Closing(consumer.body(), whole),
        uri(request, context),
        "");
  }

  private static HttpResponse head(StreamedConsumer consumer, Future<Void> whole)
      throws IOException {
    try {
      return consumer.head().get();
    } catch (ExecutionException failed) {
      Throwable cause = failed.getCause();
      throw cause instanceof IOException io ? io : new IOException(cause);
    } catch (InterruptedException interrupted) {
      whole.cancel(true);
      Thread.currentThread().interrupt();
      throw new InterruptedIOException();
    }
  }

  private static AsyncEntityProducer body(Call call) {
    return switch (call.kind()) {
      case NONE -> null;
      case REPEATABLE ->
          new BasicAsyncEntityProducer(call.bytes(), ContentType.APPLICATION_OCTET_STREAM);
      case ONE_SHOT -> new StreamedProducer(call.once());
    };
  }

  private static String value(HttpResponse response, String name) {
    Header header = response.getFirstHeader(name);
    return header == null ? null : header.getValue();
  }

  private static URI uri(BasicHttpRequest request, HttpClientContext context) throws IOException {
    try {
      var redirects = context.getRedirectLocations();
      return redirects == null || redirects.size() == 0
          ? request.getUri()
          : redirects.get(redirects.size() - 1);
    } catch (URISyntaxException impossible) {
      throw new IOException(impossible);
    }
  }

  /** Closing the stream before its end cancels the request. */
  private static final class Closing extends java.io.FilterInputStream {
    private final Future<?> whole;
    private boolean read;

    Closing(InputStream body, Future<?> whole) {
      super(body);
      this.whole = whole;
    }

    @Override
    public int read(byte[] to, int from, int most) throws IOException {
      int count = super.read(to, from, most);
      read |= count < 0;
      return count;
    }

    @Override
    public void close() {
      if (!read) {
        whole.cancel(true);
      }
    }
  }

  @Override
  public void close() {
    client.close(CloseMode.IMMEDIATE);
  }
}
