package bookinfo.productpage;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.apache.hc.core5.http.io.entity.InputStreamEntity;
import org.apache.hc.core5.http.io.entity.StringEntity;
import org.springframework.stereotype.Component;

/** Calls to the other services: reviews by Apache HttpClient 5, details by HttpURLConnection, ratings by java.net.http. */
@Component
class Backends {
  record Answer(int status, String body) {}

  private final CloseableHttpClient apache =
      HttpClients.custom()
          .disableAutomaticRetries()
          .setConnectionManager(PoolingHttpClientConnectionManagerBuilder.create().setMaxConnPerRoute(50).setMaxConnTotal(200).build())
          .build();
  private final HttpClient jdk = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
  private final String detailsUrl = System.getenv().getOrDefault("DETAILS_URL", "http://details:9080");
  private final String reviewsUrl = System.getenv().getOrDefault("REVIEWS_URL", "http://reviews:9080");
  private final String ratingsUrl = System.getenv().getOrDefault("RATINGS_URL", "http://ratings:9080");

  Answer details(int id) {
    try {
      HttpURLConnection connection = (HttpURLConnection) URI.create(detailsUrl + "/details/" + id).toURL().openConnection();
      connection.setConnectTimeout(5000);
      connection.setReadTimeout(20000);
      int status = connection.getResponseCode();
      try (InputStream in = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
        return new Answer(status, in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      return new Answer(0, e.toString());
    }
  }

  Answer reviews(int id, String user) {
    HttpGet get = new HttpGet(reviewsUrl + "/reviews/" + id);
    if (user != null) {
      get.addHeader("end-user", user);
    }
    try {
      return apache.execute(get, r -> new Answer(r.getCode(), r.getEntity() == null ? "" : EntityUtils.toString(r.getEntity())));
    } catch (IOException e) {
      return new Answer(0, e.toString());
    }
  }

  Answer postReview(int id, String body, boolean oneShot) {
    HttpPost post = new HttpPost(reviewsUrl + "/reviews/" + id);
    post.setEntity(
        oneShot
            ? new InputStreamEntity(new java.io.ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8)), -1, ContentType.TEXT_PLAIN)
            : new StringEntity(body, ContentType.TEXT_PLAIN));
    try {
      return apache.execute(post, r -> new Answer(r.getCode(), r.getEntity() == null ? "" : EntityUtils.toString(r.getEntity())));
    } catch (IOException e) {
      return new Answer(0, e.toString());
    }
  }

  CompletableFuture<Answer> ratings(int id, String user) {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(ratingsUrl + "/ratings/" + id)).timeout(Duration.ofSeconds(20));
    if (user != null) {
      request.header("end-user", user);
    }
    return jdk.sendAsync(request.build(), HttpResponse.BodyHandlers.ofString())
        .handle((r, failed) -> failed == null ? new Answer(r.statusCode(), r.body()) : new Answer(0, failed.toString()));
  }
}
