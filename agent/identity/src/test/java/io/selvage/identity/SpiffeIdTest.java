package io.selvage.identity;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpiffeIdTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "spiffe://cluster.local/ns/default/sa/reviews",
        "spiffe://td/x",
        "spiffe://a.b-c_d/1/2/3",
        "spiffe://td/A.b-C_d",
        "spiffe://td/...",
        "spiffe://127.0.0.1/x",
        "spiffe://td/.hidden/x.",
      })
  void readsAndPrintsTheSame(String text) {
    SpiffeId id = SpiffeId.parse(text);
    assertThat(id).isNotNull();
    assertThat(id.toString()).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x",
        "spiffe",
        "spiffe:",
        "spiffe:/",
        "spiffe://",
        "spiffe:///",
        "spiffe:///x",
        "spiffe://td",
        "spiffe://td/",
        "spiffe://td//",
        "spiffe://td//x",
        "spiffe://td/x/",
        "spiffe://td/x//y",
        "spiffe://td/.",
        "spiffe://td/..",
        "spiffe://td/x/..",
        "spiffe://td/./x",
        "spiffe://TD/x",
        "Spiffe://td/x",
        "SPIFFE://td/x",
        "http://td/x",
        "spiffe//td/x",
        " spiffe://td/x",
        "spiffe://td/x ",
        "spiffe://td/x y",
        "spiffe://t d/x",
        "spiffe://td:80/x",
        "spiffe://u@td/x",
        "spiffe://td/x?q",
        "spiffe://td/x#f",
        "spiffe://td?x/y",
        "spiffe://td#x/y",
        "spiffe://td/%41",
        "spiffe://td/x%2fy",
        "spiffe://td/x\\y",
        "spiffe://td/x*",
        "spiffe://td/ü",
        "spiffe://tü/x",
        "spiffe://td/x\u0000",
        "spiffe://td\u0000/x",
        "spiffe://td/x\n",
        "spiffe://td/x;y",
        "spiffe://td/x,y",
        "spiffe://[::1]/x",
        "spiffe://td/x:y",
        "spiffe://*/x",
        "spiffe://td/{x}",
        "spiffe://td/~x",
        "urn:spiffe://td/x"
      })
  void refuses(String text) {
    assertThat(SpiffeId.parse(text)).isNull();
  }

  @Test
  void refusesWhatIsTooLong() {
    assertThat(SpiffeId.parse("spiffe://td/" + "x".repeat(2048))).isNull();
    assertThat(SpiffeId.parse("spiffe://" + "t".repeat(256) + "/x")).isNull();
    assertThat(SpiffeId.parse("spiffe://" + "t".repeat(255) + "/x")).isNotNull();
  }

  @Test
  void knowsNamespaceAndServiceAccount() {
    SpiffeId id = SpiffeId.of("cluster.local", "default", "reviews");
    assertThat(id.namespace()).isEqualTo("default");
    assertThat(id.serviceAccount()).isEqualTo("reviews");
    assertThat(new SpiffeId("td", "/other/form").namespace()).isEmpty();
  }
}
