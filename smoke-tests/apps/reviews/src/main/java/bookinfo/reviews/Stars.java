package bookinfo.reviews;

import bookinfo.ratings.v1.GetRatingsReply;
import bookinfo.ratings.v1.GetRatingsRequest;
import bookinfo.ratings.v1.Rating;
import bookinfo.ratings.v1.RatingsServiceGrpc;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.springframework.stereotype.Component;

@Component
class Stars {
  private final OkHttpClient http = new OkHttpClient.Builder().callTimeout(Duration.ofSeconds(15)).build();
  private final String version = System.getenv().getOrDefault("SERVICE_VERSION", "v1");
  private final String ratingsUrl = System.getenv().getOrDefault("RATINGS_URL", "http://ratings:9080");
  private final String ratingsTarget = System.getenv().getOrDefault("RATINGS_TARGET", "ratings:9090");
  private ManagedChannel channel;

  String version() {
    return version;
  }

  /** A JSON object reviewer → stars, or an error object; null when this version shows none. */
  String of(int id) {
    return switch (version) {
      case "v1" -> null;
      case "v2" -> overHttp(id);
      default -> overGrpc(id);
    };
  }

  private String overHttp(int id) {
    try (Response answer = http.newCall(new Request.Builder().url(ratingsUrl + "/ratings/" + id).build()).execute()) {
      return answer.isSuccessful() ? answer.body().string() : "{\"error\":\"ratings answered " + answer.code() + "\"}";
    } catch (IOException e) {
      return "{\"error\":\"" + e.getClass().getSimpleName() + "\"}";
    }
  }

  private String overGrpc(int id) {
    try {
      GetRatingsReply reply =
          RatingsServiceGrpc.newBlockingStub(channel()).withDeadlineAfter(15, TimeUnit.SECONDS).getRatings(GetRatingsRequest.newBuilder().setProductId(id).build());
      StringBuilder json = new StringBuilder("{\"id\":" + id + ",\"ratings\":{");
      for (Rating r : reply.getRatingsList()) {
        json.append(json.charAt(json.length() - 1) == '{' ? "" : ",").append('"').append(r.getReviewer()).append("\":").append(r.getStars());
      }
      return json.append("}}").toString();
    } catch (io.grpc.StatusRuntimeException e) {
      return "{\"error\":\"" + e.getStatus().getCode() + ": " + e.getStatus().getDescription() + "\"}";
    }
  }

  private synchronized ManagedChannel channel() {
    if (channel == null) {
      channel = ManagedChannelBuilder.forTarget(ratingsTarget).usePlaintext().build();
    }
    return channel;
  }
}
