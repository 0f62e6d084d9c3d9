package bookinfo.reviews;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** Reviews on WebFlux and Netty; v1 shows no stars, v2 asks ratings over HTTP (OkHttp), v3 over gRPC. */
@SpringBootApplication
public class Reviews {
  public static void main(String[] args) {
    SpringApplication.run(Reviews.class, args);
  }
}
