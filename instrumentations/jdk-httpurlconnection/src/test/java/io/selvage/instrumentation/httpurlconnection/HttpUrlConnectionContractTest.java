package io.selvage.instrumentation.httpurlconnection;

import io.selvage.instrumentation.testing.WovenJvm;
import io.selvage.instrumentation.testing.client.Answer;
import io.selvage.instrumentation.testing.client.Call;
import io.selvage.instrumentation.testing.client.Caller;
import io.selvage.instrumentation.testing.client.ForgottenBodyPromises;
import io.selvage.instrumentation.testing.client.HttpClientContract;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.CookieHandler;
import java.net.CookieManager;
import java.net.HttpURLConnection;
import java.net.URI;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;

/** {@code HttpURLConnection} of the running JDK. */
class HttpUrlConnectionContractTest extends HttpClientContract implements ForgottenBodyPromises {

  @Override
  protected Caller newCaller(Caller.Setup setup) {
    return new UrlCaller(setup.https(), setup.cookies());
  }

  @AfterAll
  static void allSeamsWereReached() {
    WovenJvm.assertLinked("OpenAdvice", "ClientAdvice", "PoolGetAdvice", "PoolPutAdvice");
  }

  private static final class UrlCaller implements Caller {
    private final @Nullable SSLSocketFactory https;
    private final @Nullable CookieHandler before = CookieHandler.getDefault();

    UrlCaller(@Nullable SSLContext https, boolean cookies) {
      // one object, as the JDK keys its pool by it
      this.https = https == null ? null : https.getSocketFactory();
      if (cookies) {
        CookieHandler.setDefault(new CookieManager());
      }
    }

    @Override
    public Answer send(Call call) throws Exception {
      HttpURLConnection connection =
          (HttpURLConnection) URI.create(call.url()).toURL().openConnection();
      if (connection instanceof HttpsURLConnection secure && https != null) {
        secure.setSSLSocketFactory(https);
      }
      connection.setRequestMethod(call.method());
      connection.setInstanceFollowRedirects(call.followRedirects());
      connection.setConnectTimeout((int) call.timeout().toMillis());
      connection.setReadTimeout((int) call.timeout().toMillis());
      for (Map.Entry<String, String> header : call.headers()) {
        connection.addRequestProperty(header.getKey(), header.getValue());
      }
      call.onCancel(connection::disconnect);
      write(connection, call);
      int status = connection.getResponseCode();
      InputStream body = status < 400 ? connection.getInputStream() : connection.getErrorStream();
      return new Answer(
          status,
          connection::getHeaderField,
          body == null ? InputStream.nullInputStream() : body,
          connection.getURL().toURI(),
          "HTTP/1.1");
    }

    private static void write(HttpURLConnection connection, Call call) throws Exception {
      if (call.kind() == Call.Body.NONE) {
        return;
      }
      connection.setDoOutput(true);
      if (call.kind() == Call.Body.ONE_SHOT) {
        connection.setChunkedStreamingMode(0);
      }
      try (OutputStream out = connection.getOutputStream();
          InputStream in = call.once()) {
        in.transferTo(out);
      }
    }

    @Override
    public Set<Lacks> lacks() {
      return Set.of(Lacks.PATCH, Lacks.EXPECT);
    }

    @Override
    public void close() {
      CookieHandler.setDefault(before);
    }
  }
}
