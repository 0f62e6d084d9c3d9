package io.selvage.instrumentation.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.instrumentation.testing.WovenJvm;
import java.net.IDN;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.SNIHostName;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a server on the JDK's TLS makes of the names that sidecars ask for. */
@ExtendWith(WovenJvm.class)
class ServerNameContractTest {
  @AfterAll
  static void theSeamWasReached() {
    WovenJvm.assertLinked("ServerNameAdvice");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "outbound_.9080_.v1_.reviews.default.svc.cluster.local",
        "outbound_.9080_._.reviews.default.svc.cluster.local",
        "inbound_.9080_._.reviews.default.svc.cluster.local"
      })
  void istiosServerNamesAreTaken(String name) {
    SNIHostName parsed = new SNIHostName(name.getBytes(StandardCharsets.US_ASCII));
    assertThat(parsed.getAsciiName()).isEqualTo(name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "under_score.example",
        "outbound.under_score",
        "outbound_.bad name",
        "outbound_.ü_x"
      })
  void othersAreRefusedAsEver(String name) {
    assertThatThrownBy(() -> new SNIHostName(name.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void otherNamesAreConvertedAsEver() {
    assertThat(IDN.toASCII("bücher.example")).isEqualTo("xn--bcher-kva.example");
    assertThat(new SNIHostName("reviews.default.svc.cluster.local").getAsciiName())
        .isEqualTo("reviews.default.svc.cluster.local");
  }
}
