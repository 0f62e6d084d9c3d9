package io.selvage.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.model.NameTable;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MeshNamesTest {
  private final AtomicReference<NameTable> table =
      new AtomicReference<>(
          new NameTable(
              Map.of(
                  "reviews", List.of("240.240.0.1"),
                  "reviews.default", List.of("240.240.0.1"),
                  "reviews.default.svc.cluster.local", List.of("240.240.0.1"),
                  "six", List.of("2001:db8::1"),
                  "broken", List.of("not-an-address"))));
  private final MeshNames names = new MeshNames(table::get);

  @Test
  void resolvesWithoutCaseAndTrailingDotAndKeepsTheLabel() {
    for (String host :
        List.of("reviews", "Reviews", "REVIEWS.default", "reviews.default.svc.cluster.local.")) {
      List<InetAddress> found = names.resolve(host);
      assertThat(found)
          .singleElement()
          .extracting(InetAddress::getHostAddress)
          .isEqualTo("240.240.0.1");
      assertThat(found.get(0).getHostName()).isEqualTo(host);
    }
    assertThat(names.resolve("six"))
        .singleElement()
        .extracting(InetAddress::getHostAddress)
        .isEqualTo("2001:db8:0:0:0:0:0:1");
    assertThat(names.resolve("ratings")).isNull();
    assertThat(names.resolve("broken")).isNull();
  }

  @Test
  void knowsTheFullNameBehindAnAddress() throws Exception {
    assertThat(names.nameOf(InetAddress.getByName("240.240.0.1")))
        .isEqualTo("reviews.default.svc.cluster.local");
    assertThat(names.nameOf(InetAddress.getByName("2001:db8::1"))).isEqualTo("six");
    assertThat(names.nameOf(InetAddress.getByName("10.0.0.1"))).isNull();
  }

  @Test
  void followsTheTable() {
    table.set(new NameTable(Map.of("ratings", List.of("240.240.0.2"))));
    assertThat(names.resolve("reviews")).isNull();
    assertThat(names.resolve("ratings")).isNotNull();
    table.set(NameTable.EMPTY);
    assertThat(names.resolve("ratings")).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"1.2.3.4", "255.255.255.255", "::", "::1", "1::", "fe80::1:2", "1:2:3:4:5:6:7:8"})
  void readsAddressesAsTheJdkDoes(String text) throws Exception {
    assertThat(IpText.parse(text)).isEqualTo(InetAddress.getByName(text).getAddress());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1",
        "1.2.3",
        "1.2.3.4.5",
        "256.1.1.1",
        "a.b.c.d",
        "1.2.3.-4",
        "1.2.3.+4",
        ":",
        "1:2",
        "1::2::3",
        ":::",
        "12345::",
        "g::",
        "1:2:3:4:5:6:7:8:9",
        "::-1",
        "1.2.3.4 "
      })
  void refusesWhatIsNone(String text) {
    assertThat(IpText.parse(text)).isNull();
  }
}
