package bookinfo.orders;

import java.sql.SQLException;
import java.util.Map;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Orders over HTTP. */
@RestController
public class Counter {
  private final Ledger ledger;

  Counter(Ledger ledger) {
    this.ledger = ledger;
  }

  @GetMapping("/orders")
  Map<String, Object> count() {
    return ledger.count();
  }

  @PostMapping("/orders")
  Map<String, Object> add(@RequestBody String item) {
    return ledger.add(item);
  }

  @GetMapping("/slow")
  Map<String, Object> slow(@RequestParam(defaultValue = "10") int seconds) {
    return ledger.sleep(seconds);
  }

  @ExceptionHandler
  ResponseEntity<String> failed(Exception failure) {
    Throwable cause = failure;
    while (cause.getCause() != null && !(cause instanceof SQLException)) {
      cause = cause.getCause();
    }
    String state = cause instanceof SQLException sql ? sql.getSQLState() : "";
    return ResponseEntity.internalServerError().body(state + " " + cause.getMessage());
  }
}
