package io.selvage.controller.ca;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * Fetches small documents of authorities by HTTPS: no redirects, no more than 1 MiB, within 5 s.
 * Thread-safe.
 */
public final class BundleFetch {
  private static final Duration DEADLINE = Duration.ofSeconds(5);
  private static final int MAX_BYTES = SpiffeBundle.MAX_CHARS;

  /**
   * Where a document is.
   *
   * @param url {@code https://…}
   * @param caPem who signs the server's certificate; empty = the platform's authorities
   * @param bearer shown to the server; empty = none
   */
  public record Source(String url, String caPem, String bearer) {
    /** Never shows the token. */
    @Override
    public String toString() {
      return "Source[" + url + "]";
    }
  }

  /**
   * The document.
   *
   * @throws CodedException SELV-4173 where it cannot be had
   */
  public String fetch(Source source) {
    return exchange(source, null);
  }

  /**
   * Posts JSON and returns the answer's body.
   *
   * @throws CodedException SELV-4173 where there is no answer of status 200 or 201
   */
  public String post(Source source, String json) {
    return exchange(source, json);
  }

  private static String exchange(Source source, @Nullable String json) {
    try {
      URI uri = URI.create(source.url());
      if (!"https".equalsIgnoreCase(uri.getScheme()) || uri.getHost() == null) {
        throw failed(source, "it is no https address");
      }
      HttpRequest.Builder request = HttpRequest.newBuilder(uri).timeout(DEADLINE);
      if (!source.bearer().isEmpty()) {
        request.header("Authorization", "Bearer " + source.bearer());
      }
      if (json != null) {
        request.header("Content-Type", "application/json");
        request.POST(HttpRequest.BodyPublishers.ofString(json));
      }
      HttpClient client =
          HttpClient.newBuilder()
              .connectTimeout(DEADLINE)
              .followRedirects(HttpClient.Redirect.NEVER)
              .sslContext(tls(source.caPem()))
              .build();
      CompletableFuture<HttpResponse<byte[]>> call =
          client.sendAsync(request.build(), answer -> new Bounded());
      HttpResponse<byte[]> answer;
      try {
        // the request's own timeout ends with the headers; a body may trickle for ever
        answer = call.get(DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
      } finally {
        call.cancel(true);
      }
      if (answer.statusCode() != 200 && answer.statusCode() != 201) {
        throw failed(source, "the server answers " + answer.statusCode());
      }
      return new String(answer.body(), StandardCharsets.UTF_8);
    } catch (TimeoutException e) {
      throw failed(source, "no whole answer within " + DEADLINE.toSeconds() + " s");
    } catch (ExecutionException e) {
      throw failed(source, String.valueOf(e.getCause()));
    } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
      throw failed(source, String.valueOf(e.getMessage() == null ? e : e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed(source, "interrupted");
    }
  }

  /** Collects a body up to the bound. */
  private static final class Bounded implements HttpResponse.BodySubscriber<byte[]> {
    private final CompletableFuture<byte[]> whole = new CompletableFuture<>();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private Flow.@Nullable Subscription subscription;

    @Override
    public CompletionStage<byte[]> getBody() {
      return whole;
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
      subscription = given;
      given.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(List<ByteBuffer> parts) {
      for (ByteBuffer part : parts) {
        byte[] copy = new byte[part.remaining()];
        part.get(copy);
        bytes.writeBytes(copy);
      }
      Flow.Subscription open = subscription;
      if (bytes.size() > MAX_BYTES && open != null) {
        open.cancel();
        whole.completeExceptionally(new IOException("it is longer than " + MAX_BYTES + " bytes"));
      }
    }

    @Override
    public void onError(Throwable failure) {
      whole.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
      whole.complete(bytes.toByteArray());
    }
  }

  private static CodedException failed(Source source, String why) {
    return new CodedException(
        "SELV-4173",
        source.url()
            + " cannot be fetched; "
            + why
            + ". Fix: check address, authority and token; it is tried again.");
  }

  private static SSLContext tls(String caPem) throws GeneralSecurityException, IOException {
    SSLContext context = SSLContext.getInstance("TLS");
    if (caPem.isEmpty()) {
      context.init(null, null, null);
      return context;
    }
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    int n = 0;
    for (X509Certificate authority : Pem.certificates(caPem)) {
      store.setCertificateEntry("ca-" + n++, authority);
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    context.init(null, factory.getTrustManagers(), null);
    return context;
  }
}
