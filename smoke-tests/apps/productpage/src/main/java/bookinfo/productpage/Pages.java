package bookinfo.productpage;

import java.util.concurrent.CompletableFuture;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

@RestController
class Pages {
  private final Backends backends;

  Pages(Backends backends) {
    this.backends = backends;
  }

  @GetMapping(value = "/productpage", produces = MediaType.TEXT_HTML_VALUE)
  String page(@RequestParam(name = "u", required = false) String user) {
    Backends.Answer details = backends.details(0);
    Backends.Answer reviews = backends.reviews(0, user);
    return "<!doctype html><title>Simple Bookstore App</title><h1>The Comedy of Errors</h1>"
        + "<section id=details data-status=" + details.status() + "><h2>Book Details</h2><pre>" + escape(details.body()) + "</pre></section>"
        + "<section id=reviews data-status=" + reviews.status() + "><h2>Book Reviews</h2><pre>" + escape(reviews.body()) + "</pre></section>";
  }

  @GetMapping("/api/v1/products/{id}/reviews")
  ResponseEntity<String> reviews(@PathVariable int id, @RequestParam(name = "u", required = false) String user) {
    return answer(backends.reviews(id, user));
  }

  @PostMapping("/api/v1/products/{id}/reviews")
  ResponseEntity<String> post(@PathVariable int id, @RequestBody String body, @RequestParam(defaultValue = "false") boolean oneShot) {
    return answer(backends.postReview(id, body, oneShot));
  }

  @GetMapping("/api/v1/products/{id}")
  ResponseEntity<String> details(@PathVariable int id) {
    return answer(backends.details(id));
  }

  @GetMapping("/api/v1/products/{id}/ratings")
  CompletableFuture<ResponseEntity<String>> ratings(@PathVariable int id, @RequestParam(name = "u", required = false) String user) {
    return backends.ratings(id, user).thenApply(Pages::answer);
  }

  @GetMapping("/health")
  String health() {
    return "Product page is healthy";
  }

  private static ResponseEntity<String> answer(Backends.Answer a) {
    return ResponseEntity.status(a.status() == 0 ? 599 : a.status()).body(a.body());
  }

  private static String escape(String s) {
    return s.replace("&", "&amp;").replace("<", "&lt;");
  }
}
