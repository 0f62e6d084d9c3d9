package io.selvage.contract.httpclient5;

import io.selvage.instrumentation.testing.client.Answer;
import io.selvage.instrumentation.testing.client.Call;
import io.selvage.instrumentation.testing.client.Caller;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.Map;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.DefaultHttpRequestRetryStrategy;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.client5.http.ssl.SSLConnectionSocketFactory;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.io.entity.InputStreamEntity;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;

/** Apache HttpClient 5, classic, as an application builds and uses it. */
final class HttpClient5Caller implements Caller {
  private final CloseableHttpClient client;

  HttpClient5Caller(Setup setup) {
    HttpClientBuilder builder = HttpClients.custom().setRetryStrategy(new OnlyBrokenConnections());
    if (!setup.cookies()) {
      builder.disableCookieManagement();
    }
    PoolingHttpClientConnectionManagerBuilder pool =
        PoolingHttpClientConnectionManagerBuilder.create().setMaxConnPerRoute(20);
    if (setup.https() != null) {
      pool.setSSLSocketFactory(new SSLConnectionSocketFactory(setup.https()));
    }
    client = builder.setConnectionManager(pool.build()).build();
  }

  /**
   * The default strategy, but for its retry of 503 and 429, which would hide what the mesh does.
   */
  private static final class OnlyBrokenConnections extends DefaultHttpRequestRetryStrategy {
    OnlyBrokenConnections() {
      super(1, TimeValue.ofMilliseconds(1));
    }

    @Override
    public boolean retryRequest(HttpResponse response, int count, HttpContext context) {
      return false;
    }
  }

  @Override
  @SuppressWarnings("deprecation") // the response handler form closes the answer before it returns
  public Answer send(Call call) throws IOException {
    HttpUriRequestBase request = new HttpUriRequestBase(call.method(), URI.create(call.url()));
    for (Map.Entry<String, String> header : call.headers()) {
      request.addHeader(header.getKey(), header.getValue());
    }
    switch (call.kind()) {
      case NONE -> {}
      case REPEATABLE ->
          request.setEntity(
              new ByteArrayEntity(call.bytes(), ContentType.APPLICATION_OCTET_STREAM));
      case ONE_SHOT ->
          request.setEntity(
              new InputStreamEntity(call.once(), -1, ContentType.APPLICATION_OCTET_STREAM));
    }
    request.setConfig(
        RequestConfig.custom()
            .setResponseTimeout(Timeout.ofMilliseconds(call.timeout().toMillis()))
            .setRedirectsEnabled(call.followRedirects())
            .build());
    call.onCancel(request::abort);
    HttpClientContext context = HttpClientContext.create();
    ClassicHttpResponse response = client.execute(request, context);
    HttpEntity entity = response.getEntity();
    InputStream body = entity == null ? InputStream.nullInputStream() : entity.getContent();
    return new Answer(
        response.getCode(),
        name -> value(response, name),
        new Closing(body, request, response),
        uri(request, context),
        "");
  }

  private static String value(ClassicHttpResponse response, String name) {
    Header header = response.getFirstHeader(name);
    return header == null ? null : header.getValue();
  }

  private static URI uri(HttpUriRequestBase request, HttpClientContext context) throws IOException {
    try {
      var redirects = context.getRedirectLocations();
      return redirects == null || redirects.size() == 0
          ? request.getUri()
          : redirects.get(redirects.size() - 1);
    } catch (java.net.URISyntaxException impossible) {
      throw new IOException(impossible);
    }
  }

  /**
   * Closing the stream closes the response; one that was not read to its end is aborted, as closing
   * alone would read it.
   */
  private static final class Closing extends java.io.FilterInputStream {
    private final HttpUriRequestBase request;
    private final ClassicHttpResponse response;
    private boolean whole;

    Closing(InputStream body, HttpUriRequestBase request, ClassicHttpResponse response) {
      super(body);
      this.request = request;
      this.response = response;
    }

    @Override
    public int read(byte[] to, int from, int most) throws IOException {
      if (most == 0) {
        return 0; // older versions wait for the next chunk even then, and readNBytes asks so
      }
      int count = super.read(to, from, most);
      whole |= count < 0;
      return count;
    }

    @Override
    public void close() throws IOException {
      if (!whole) {
        request.abort();
      }
      try {
        response.close();
      } catch (IOException aborted) {
        if (whole) {
          throw aborted;
        }
      }
    }
  }

  @Override
  public void close() throws IOException {
    client.close();
  }
}
