package bookinfo.orders;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** Orders in PostgreSQL, behind Spring's transactions and HikariCP. */
@SpringBootApplication
public class Orders {
  public static void main(String[] args) {
    SpringApplication.run(Orders.class, args);
  }
}
