package io.selvage.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.selvage.engine.model.CircuitBreakers;
import io.selvage.engine.model.Cluster;
import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.Endpoints;
import io.selvage.engine.model.InboundListener;
import io.selvage.engine.model.Locality;
import io.selvage.engine.model.MeshConfig;
import io.selvage.engine.model.NameTable;
import io.selvage.engine.model.Node;
import io.selvage.engine.snapshot.HostNames;
import io.selvage.engine.stack.Engine;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Names of clusters: all their addresses, asked anew, kept when nothing is found. */
class NameResolutionTest {
  private static final Duration SOON = Duration.ofMillis(20);

  private final Map<String, List<String>> dns = new ConcurrentHashMap<>();
  private final AtomicInteger asked = new AtomicInteger();
  private final Engine engine = Engine.builder(Node.UNKNOWN).build();
  private final NameResolution names = new NameResolution(this::lookup, engine::resolved);

  @AfterEach
  void close() {
    names.close();
  }

  private InetAddress[] lookup(String host) throws UnknownHostException {
    asked.incrementAndGet();
    List<InetAddress> all = new ArrayList<>();
    for (String address : dns.getOrDefault(host, List.of())) {
      all.add(InetAddress.getByName(address));
    }
    if (all.isEmpty()) {
      throw new UnknownHostException(host);
    }
    return all.toArray(new InetAddress[0]);
  }

  private void publish(Cluster.Discovery discovery, Cluster.Family family) {
    Endpoint name =
        new Endpoint(
            "db.example",
            5432,
            1,
            Endpoint.Health.HEALTHY,
            Locality.UNKNOWN,
            "",
            Endpoint.Workload.UNKNOWN,
            Map.of());
    Endpoints endpoints =
        new Endpoints("db", List.of(new Endpoints.Group(Locality.UNKNOWN, 0, 1, List.of(name))));
    Cluster cluster =
        new Cluster(
            "db",
            discovery,
            "db",
            null,
            new Cluster.RoundRobin(),
            Cluster.LocalityBalancing.DEFAULT,
            Duration.ofSeconds(1),
            CircuitBreakers.DEFAULT,
            null,
            null,
            Map.of(),
            false,
            Map.of(),
            endpoints,
            io.selvage.engine.model.ConnectionLimits.NONE,
            null,
            null,
            new Cluster.Dns(family, SOON, SOON, SOON),
            null);
    MeshConfig config =
        new MeshConfig(
            List.of(),
            InboundListener.EMPTY,
            Map.of(),
            Map.of("db", cluster),
            Map.of(),
            NameTable.EMPTY,
            false);
    engine.publish(config);
    names.watch(HostNames.asked(config));
  }

  private List<String> hosts() {
    return Objects.requireNonNull(engine.snapshot().cluster("db")).hosts().stream()
        .map(host -> host.endpoint().address())
        .toList();
  }

  @Test
  void everyAddressIsAnEndpointAndChangesFollow() {
    dns.put("db.example", List.of("10.0.0.2", "10.0.0.1"));
    publish(Cluster.Discovery.STRICT_DNS, Cluster.Family.AUTO);
    await().until(() -> hosts().equals(List.of("10.0.0.1", "10.0.0.2")));
    assertThat(
            Objects.requireNonNull(engine.snapshot().cluster("db"))
                .hosts()
                .get(0)
                .endpoint()
                .hostName())
        .isEqualTo("db.example");
    dns.put("db.example", List.of("10.0.0.3"));
    await().until(() -> hosts().equals(List.of("10.0.0.3")));
  }

  @Test
  void whatWasFoundLastIsKept() {
    dns.put("db.example", List.of("10.0.0.1"));
    publish(Cluster.Discovery.STRICT_DNS, Cluster.Family.AUTO);
    await().until(() -> hosts().equals(List.of("10.0.0.1")));
    dns.clear();
    int before = asked.get();
    await().until(() -> asked.get() > before + 3);
    assertThat(hosts()).containsExactly("10.0.0.1");
    publish(Cluster.Discovery.STRICT_DNS, Cluster.Family.AUTO);
    assertThat(hosts()).as("and over a push").containsExactly("10.0.0.1");
  }

  @Test
  void aNameStaysOneUntilItIsKnown() {
    publish(Cluster.Discovery.STRICT_DNS, Cluster.Family.AUTO);
    await().until(() -> asked.get() > 2);
    assertThat(hosts()).containsExactly("db.example");
  }

  @Test
  void aLogicalNameIsTheLibrarysToResolve() {
    dns.put("db.example", List.of("10.0.0.1"));
    publish(Cluster.Discovery.LOGICAL_DNS, Cluster.Family.AUTO);
    assertThat(HostNames.asked(engine.config())).isEmpty();
    assertThat(hosts()).containsExactly("db.example");
  }

  @ParameterizedTest
  @CsvSource({
    "AUTO, 2001:db8:0:0:0:0:0:1",
    "V4_ONLY, 10.0.0.1",
    "V6_ONLY, 2001:db8:0:0:0:0:0:1",
    "V4_PREFERRED, 10.0.0.1",
    "ALL, 10.0.0.1 2001:db8:0:0:0:0:0:1"
  })
  void familiesAreEnvoys(Cluster.Family family, String wanted) {
    dns.put("db.example", List.of("2001:db8::1", "10.0.0.1"));
    publish(Cluster.Discovery.STRICT_DNS, family);
    await().until(() -> hosts().equals(List.of(wanted.split(" "))));
  }

  @Test
  void whatIsNoLongerAskedForIsNotWatched() {
    dns.put("db.example", List.of("10.0.0.1"));
    publish(Cluster.Discovery.STRICT_DNS, Cluster.Family.AUTO);
    await().until(() -> asked.get() > 2);
    names.watch(Map.of());
    int before = asked.get();
    // one question may have been under way
    await().during(Duration.ofMillis(200)).until(() -> asked.get() <= before + 1);
  }
}
