package io.selvage.controller.ca;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpiffeIdTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "spiffe://cluster.local/ns/default/sa/reviews",
        "spiffe://td_1/ns/a/sa/b",
        "spiffe://a.b-c/ns/n-1/sa/x.y"
      })
  void printsWhatItParsed(String uri) {
    assertThat(SpiffeId.parse(uri).orElseThrow().toString()).isEqualTo(uri);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "spiffe",
        "spiffe:",
        "spiffe://",
        "spiffe:///ns/a/sa/b",
        "SPIFFE://td/ns/a/sa/b",
        "https://td/ns/a/sa/b",
        " spiffe://td/ns/a/sa/b",
        "spiffe://td/ns/a/sa/b ",
        "spiffe://td/ns/a/sa/b\n",
        "spiffe://td/ns/a/sa/b\u0000",
        "spiffe://TD/ns/a/sa/b",
        "spiffe://t%64/ns/a/sa/b",
        "spiffe://td:443/ns/a/sa/b",
        "spiffe://user@td/ns/a/sa/b",
        "spiffe://td/ns/a/sa/b?x=1",
        "spiffe://td/ns/a/sa/b#x",
        "spiffe://td/ns/a/sa/b/",
        "spiffe://td/ns/a/sa/b/c",
        "spiffe://td//ns/a/sa/b",
        "spiffe://td/ns//sa/b",
        "spiffe://td/ns/a/sa/",
        "spiffe://td/ns/a/sa",
        "spiffe://td/ns/a",
        "spiffe://td",
        "spiffe://td/",
        "spiffe://td/sa/b/ns/a",
        "spiffe://td/NS/a/sa/b",
        "spiffe://td/ns/a/SA/b",
        "spiffe://td/ns/./sa/b",
        "spiffe://td/ns/../sa/b",
        "spiffe://td/ns/a/sa/..",
        "spiffe://td/ns/a/sa/x..y",
        "spiffe://td/ns/A/sa/b",
        "spiffe://td/ns/a/sa/B",
        "spiffe://td/ns/a_b/sa/b",
        "spiffe://td/ns/-a/sa/b",
        "spiffe://td/ns/a-/sa/b",
        "spiffe://td/ns/a/sa/-b",
        "spiffe://td/ns/a*/sa/b",
        "spiffe://td/ns/a/sa/b*",
        "spiffe://*/ns/a/sa/b",
        "spiffe://td\\ns\\a\\sa\\b",
        "spiffe://td/ns/a%2fb/sa/c",
        "spiffe://td/ns/\u0430/sa/b",
        "spiffe://t\u00e4/ns/a/sa/b",
        "spiffe://-td/ns/a/sa/b",
        "spiffe://.td/ns/a/sa/b",
        "spiffe://td/ns/a/sa/b;x",
        "spiffe://td/ns/a/sa/b,spiffe://td/ns/c/sa/d"
      })
  void refuses(String uri) {
    assertThat(SpiffeId.parse(uri)).isEmpty();
  }

  @Test
  void refusesOverlong() {
    assertThat(SpiffeId.parse("spiffe://td/ns/a/sa/" + "b".repeat(2048))).isEmpty();
    assertThat(SpiffeId.parse("spiffe://td/ns/" + "a".repeat(64) + "/sa/b")).isEmpty();
    assertThat(SpiffeId.parse("spiffe://" + "t".repeat(256) + "/ns/a/sa/b")).isEmpty();
  }
}
