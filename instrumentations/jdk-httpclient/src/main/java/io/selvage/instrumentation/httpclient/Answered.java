package io.selvage.instrumentation.httpclient;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Optional;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * The response that the application gets: the request is the one it wrote, headers are those after
 * the mesh's changes, and of the mesh's TLS nothing shows.
 *
 * @param content what the application's body handler made
 * @param own the library's; null when the mesh has answered
 */
record Answered<T>(
    HttpRequest asked,
    JdkResponse head,
    @Nullable T content,
    @Nullable HttpResponse<T> own,
    boolean redirected)
    implements HttpResponse<T> {

  @Override
  public int statusCode() {
    return head.status();
  }

  @Override
  public HttpRequest request() {
    return redirected && own != null ? own.request() : asked;
  }

  @Override
  public Optional<HttpResponse<T>> previousResponse() {
    return own == null ? Optional.empty() : own.previousResponse();
  }

  @Override
  public HttpHeaders headers() {
    return head.headers();
  }

  @Override
  @SuppressWarnings("NullAway") // a body handler may give null, as the library allows
  public T body() {
    return content;
  }

  @Override
  public Optional<SSLSession> sslSession() {
    return Optional.empty();
  }

  @Override
  public URI uri() {
    return redirected && own != null ? own.uri() : asked.uri();
  }

  @Override
  public HttpClient.Version version() {
    return head.version();
  }
}
