package sample.start;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.selvage.tooling.Weaving;
import java.io.File;
import java.lang.instrument.Instrumentation;
import java.util.List;

/**
 * Stands in for the agent's start: uses the bundled libraries that are known to print something.
 */
public final class LibrariesStart {
  private LibrariesStart() {}

  public static void start(String args, Instrumentation inst, File jar) throws Exception {
    Weaving.install(inst, LibrariesStart.class.getClassLoader(), List.of());
    CircuitBreaker.of("any", CircuitBreakerConfig.ofDefaults()).acquirePermission();
    Struct struct =
        Struct.newBuilder().putFields("a", Value.newBuilder().setStringValue("b").build()).build();
    Struct read = Struct.parseFrom(struct.toByteArray());
    System.out.println(
        "read "
            + read.getFieldsOrThrow("a").getStringValue()
            + " with "
            + Weaving.class.getClassLoader().getClass().getName());
  }
}
