package bookinfo.productpage;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** The page that a reader sees: Spring Boot on Tomcat. */
@SpringBootApplication
public class Productpage {
  public static void main(String[] args) {
    SpringApplication.run(Productpage.class, args);
  }
}
