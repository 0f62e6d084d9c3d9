package bookinfo.reviews;

import java.util.concurrent.atomic.AtomicLong;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

@RestController
class Pages {
  private final Stars stars;
  private final AtomicLong posts = new AtomicLong();

  /** FAULTY=503 makes this instance answer every request with that status, as a broken build would. */
  private final int faulty = Integer.parseInt(System.getenv().getOrDefault("FAULTY", "0"));

  Pages(Stars stars) {
    this.stars = stars;
  }

  @GetMapping(value = "/reviews/{id}", produces = MediaType.APPLICATION_JSON_VALUE)
  Mono<ResponseEntity<String>> reviews(@PathVariable int id) {
    if (faulty != 0) {
      return Mono.just(ResponseEntity.status(faulty).body("{\"error\":\"faulty instance\"}"));
    }
    return Mono.fromCallable(() -> ResponseEntity.ok(json(id))).subscribeOn(Schedulers.boundedElastic());
  }

  @PostMapping(value = "/reviews/{id}", produces = MediaType.APPLICATION_JSON_VALUE)
  ResponseEntity<String> post(@PathVariable int id, @RequestBody String body) {
    long count = posts.incrementAndGet();
    HttpStatus status = faulty != 0 ? HttpStatus.valueOf(faulty) : HttpStatus.OK;
    return ResponseEntity.status(status).body("{\"id\":" + id + ",\"version\":\"" + stars.version() + "\",\"bytes\":" + body.length() + ",\"posts\":" + count + "}");
  }

  /** How many POSTs reached this instance. */
  @GetMapping("/posts")
  String posts() {
    return Long.toString(posts.get());
  }

  @GetMapping("/health")
  String health() {
    return "Reviews is healthy";
  }

  private String json(int id) {
    String ratings = stars.of(id);
    return "{\"id\":\"" + id + "\",\"version\":\"" + stars.version() + "\",\"reviews\":[{\"reviewer\":\"Reviewer1\",\"text\":\"An extremely entertaining play by Shakespeare. CANARY-REVIEWS-51bc\"},"
        + "{\"reviewer\":\"Reviewer2\",\"text\":\"Absolutely fun and entertaining.\"}]" + (ratings == null ? "" : ",\"ratings\":" + ratings) + "}";
  }
}
