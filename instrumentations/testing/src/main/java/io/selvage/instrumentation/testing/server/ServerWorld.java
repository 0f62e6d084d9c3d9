package io.selvage.instrumentation.testing.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.selvage.instrumentation.testing.client.Credentials;
import io.selvage.instrumentation.testing.client.TestAuthority;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Assumptions;

/**
 * What the promises of a server share: its application, its mesh, and callers with certificates.
 */
public interface ServerWorld {
  /** SPIFFE id of the server's workload. */
  String SERVER = "spiffe://cluster.local/ns/default/sa/reviews";

  /** SPIFFE id of callers. */
  String CALLER = "spiffe://cluster.local/ns/default/sa/productpage";

  /** One authority for all tests of a JVM. */
  TestAuthority AUTHORITY = new TestAuthority();

  /** What callers show. */
  Credentials CALLER_CREDENTIALS = AUTHORITY.workload(CALLER);

  /** What callers with the right identity connect with. */
  SSLContext CALLER_TLS = ServerTls.contextOf(CALLER_CREDENTIALS);

  /** The mesh of the running test. */
  ServerMesh mesh();

  /** The application of the running test. */
  SampleServer server();

  /** Which ways in the application has. */
  default Set<Entry> entries() {
    return EnumSet.allOf(Entry.class);
  }

  /** Name that the instrumentation gives when a port is bound. */
  String seam();

  /** What {@code server} answers about itself when it sees plain http. */
  default String plainFacts() {
    return "scheme=http secure=false";
  }

  /** Paths that mean something else to some than they say; those that reach the application. */
  default List<String> pathTricks() {
    return List.of("/hello;x=y", "/x/../hello", "//hello", "/%68ello", "/x/%2e%2e/hello?q=%2F");
  }

  default void needs(Entry entry) {
    Assumptions.assumeTrue(entries().contains(entry), () -> "the stack has no " + entry);
  }

  default Wire open(Entry entry) throws IOException {
    return Wire.open(entry, server().port(), CALLER_TLS);
  }

  /** One request on a connection of its own. */
  default Reply once(Entry entry, Ask ask) throws IOException {
    try (Wire wire = open(entry)) {
      return wire.send(ask);
    }
  }

  /** Fails unless each exchange has ended, with one outcome and one end. */
  default void allEnded() {
    await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(() -> assertThat(mesh().inFlight()).isZero());
    for (Served request : mesh().served()) {
      assertThat(request.outcomes()).as("outcomes of %s", request).hasSize(1);
      assertThat(request.ends()).as("ends of %s", request).hasSize(1);
    }
  }
}
