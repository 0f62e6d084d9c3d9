package io.selvage.engine.match;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.engine.flow.Randomness;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.flow.TestHead;
import io.selvage.engine.model.CidrRange;
import io.selvage.engine.model.HeaderMatch;
import io.selvage.engine.model.PathMatch;
import io.selvage.engine.model.QueryMatch;
import io.selvage.engine.model.RouteMatch;
import io.selvage.engine.model.StringMatch;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MatchersTest {
  @ParameterizedTest
  @CsvSource({
    "exact, abc, abc, true", "exact, abc, ABC, false", "iexact, abc, ABC, true",
    "prefix, ab, abc, true", "prefix, abc, ab, false", "iprefix, AB, abc, true",
    "suffix, bc, abc, true", "suffix, abcd, bcd, false", "isuffix, BC, abc, true",
    "contains, b, abc, true", "contains, x, abc, false", "icontains, B, abc, true",
    "icontains, abcd, abc, false", "regex, a.c, abc, true", "regex, a.c, xabc, false"
  })
  void strings(String kind, String pattern, String value, boolean matches) {
    boolean fold = kind.startsWith("i");
    StringMatch match =
        switch (fold ? kind.substring(1) : kind) {
          case "exact" -> new StringMatch.Exact(pattern, fold);
          case "prefix" -> new StringMatch.Prefix(pattern, fold);
          case "suffix" -> new StringMatch.Suffix(pattern, fold);
          case "contains" -> new StringMatch.Contains(pattern, fold);
          default -> new StringMatch.Regex(pattern);
        };
    assertThat(StringTest.of(match).test(value)).isEqualTo(matches);
  }

  @ParameterizedTest
  @CsvSource({
    "/foo, /foo, true",
    "/foo, /foo/, true",
    "/foo, /foo/bar, true",
    "/foo, /foobar, false",
    "/foo, /fo, false",
    "/, /x, true",
    "/foo/, /foo/x, true"
  })
  void separatedPrefixEndsAtASlash(String prefix, String path, boolean matches) {
    assertThat(PathTest.of(new PathMatch.SeparatedPrefix(prefix, false)).test(path))
        .isEqualTo(matches);
  }

  @ParameterizedTest
  @CsvSource({
    "/a/*, /a/b, true",
    "/a/*, /a/b/c, false",
    "/a/*, /a/, false",
    "/a/**, /a/b/c, true",
    "/a/**, /a/, true",
    "/a/{x}/c, /a/b/c, true",
    "/a/{x=*}/c, /a/b/d, false",
    "/a/{x=**}, /a/b/c, true",
    "/*.b, /a.b, true",
    "/*.b, /a.c, false",
    "/a.b, /aXb, false",
    "/v1/{n=shelves/*}/b, /v1/shelves/9/b, true",
    "/v1/{n=shelves/*}/b, /v1/books/9/b, false"
  })
  void templates(String template, String path, boolean matches) {
    assertThat(UriTemplate.of(template).matches(path)).isEqualTo(matches);
  }

  @Test
  void policiesMayWriteStarsInBraces() {
    assertThat(UriTemplate.lenient("/{*}/x").matches("/a/x")).isTrue();
    assertThat(UriTemplate.lenient("/{**}/x").matches("/a/b/x")).isTrue();
    assertThatThrownBy(() -> UriTemplate.lenient("/a{*}")).hasMessageContaining("whole segments");
  }

  @Test
  void templatesFillRewrites() {
    UriTemplate template = UriTemplate.of("/a/{x}/{rest=**}");
    assertThat(template.filling("/n/{rest}/{x}").of("/a/1/2/3")).isEqualTo("/n/2/3/1");
    assertThat(template.filling("/n").of("/b")).isNull();
    assertThatThrownBy(() -> template.filling("/{y}")).hasMessageContaining("no variable 'y'");
    assertThatThrownBy(() -> template.filling("n")).hasMessageContaining("start with '/'");
  }

  @Test
  void badTemplatesSayWhy() {
    assertThatThrownBy(() -> UriTemplate.of("/a/{x")).hasMessageContaining("not closed");
    assertThatThrownBy(() -> UriTemplate.of("a")).hasMessageContaining("start with '/'");
  }

  @ParameterizedTest
  @CsvSource({
    // test, invert, missingAsEmpty, value (- = missing), matches
    "present, false, false, x, true", "present, false, false, -, false",
    "present, true, false, x, false", "present, true, false, -, true",
    "absent, false, false, -, true", "absent, false, false, x, false",
    "exact:a, false, false, a, true", "exact:a, false, false, b, false",
    "exact:a, true, false, b, true", "exact:a, true, false, -, false",
    "exact:a, true, true, -, true", "exact:, false, true, -, true",
    "range:1-10, false, false, 1, true", "range:1-10, false, false, 10, false",
    "range:1-10, false, false, 5x, false", "range:-5-0, false, false, -5, true",
    "range:1-10, true, true, -, true", "'exact:a,b', false, false, 'a,b', true"
  })
  void headers(String test, boolean invert, boolean asEmpty, String value, boolean matches) {
    HeaderMatch.Test what =
        test.equals("present")
            ? new HeaderMatch.Present(true)
            : test.equals("absent")
                ? new HeaderMatch.Present(false)
                : test.startsWith("range:")
                    ? range(test.substring(6))
                    : new HeaderMatch.Value(new StringMatch.Exact(test.substring(6), false));
    HeaderTest compiled = HeaderTest.of(new HeaderMatch("x", what, invert, asEmpty));
    assertThat(compiled.testValue("-".equals(value) ? null : value)).isEqualTo(matches);
  }

  private static HeaderMatch.Range range(String text) {
    int dash = text.indexOf('-', 1);
    return new HeaderMatch.Range(
        Long.parseLong(text.substring(0, dash)), Long.parseLong(text.substring(dash + 1)));
  }

  @Test
  void headerTestsSeePseudoHeadersAndChanges() {
    TestHead head = TestHead.get("reviews:9080", "/a?b").with("x", "1");
    assertThat(HeaderTest.of(HeaderMatch.exact(":authority", "reviews:9080")).test(head)).isTrue();
    assertThat(HeaderTest.of(HeaderMatch.exact(":path", "/a?b")).test(head)).isTrue();
    assertThat(HeaderTest.of(HeaderMatch.exact(":scheme", "http")).test(head)).isTrue();
    head.addHeader("x", "2");
    assertThat(HeaderTest.of(HeaderMatch.exact("x", "1")).test(head)).isTrue();
    assertThat(HeaderTest.of(HeaderMatch.exact("x", "2")).test(head)).isTrue();
    assertThat(HeaderTest.of(HeaderMatch.exact("x", "1,2")).test(head)).isFalse();
    head.removeHeader("x");
    assertThat(HeaderTest.of(HeaderMatch.exact("x", "1")).test(head)).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "/a?x=1|x|1",
        "/a?y=2&x=1|x|1",
        "/a?x|x|''",
        "/a?x=|x|''",
        "/a?xx=1|x|-",
        "/a|x|-",
        "/a?|x|-",
        "/a?x=1&x=2|x|1",
        "/a?x=a%20b|x|a%20b",
        "/a?x=1#x=2|x|1",
        "/a?y=x|x|-",
        "/a?x=1=2|x|1=2"
      },
      delimiter = '|')
  void queryParameters(String path, String name, String value) {
    assertThat(QueryTest.parameter(path, name)).isEqualTo("-".equals(value) ? null : value);
    assertThat(QueryTest.of(new QueryMatch(name, null)).test(path)).isEqualTo(!"-".equals(value));
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0, 8, 10.255.1.1, true",
    "10.0.0.0, 8, 11.0.0.1, false",
    "10.0.0.1, 32, 10.0.0.1, true",
    "10.0.0.1, 32, 10.0.0.2, false",
    "0.0.0.0, 0, 1.2.3.4, true",
    "10.0.0.128, 25, 10.0.0.200, true",
    "10.0.0.128, 25, 10.0.0.100, false",
    "fd00::, 8, fd12::1, true",
    "fd00::, 8, fe80::1, false",
    "10.0.0.0, 8, ::ffff:10.1.1.1, true",
    "10.0.0.0, 8, fd00::1, false",
    "10.0.0.0, 8, not-an-address, false",
    "10.0.0.0, 8, 10.0.0, false"
  })
  void cidrs(String address, int bits, String candidate, boolean inside) {
    assertThat(Cidr.of(new CidrRange(address, bits)).contains(candidate)).isEqualTo(inside);
  }

  @Test
  void badCidrsSayWhy() {
    assertThatThrownBy(() -> Cidr.of(new CidrRange("example.org", 8)))
        .hasMessageContaining("not an IP address");
    assertThatThrownBy(() -> Cidr.of(new CidrRange("10.0.0.0", 33)))
        .hasMessageContaining("prefix length 33");
    assertThatThrownBy(() -> Cidr.of(new CidrRange("256.0.0.1", 8)))
        .hasMessageContaining("not an IP address");
  }

  @ParameterizedTest
  @CsvSource({
    "a.example.com, exact",
    "A.EXAMPLE.COM, exact",
    "a.example.com:80, exact",
    "b.example.com, suffix",
    "x.b.example.com, longsuffix",
    "example.com, any",
    "api.x, prefix",
    "api.v1.x, longprefix",
    "zzz, any",
    "[::1]:80, v6",
    "[::1], v6"
  })
  void hostsInEnvoysOrder(String authority, String expected) {
    List<String> entries =
        List.of(
            "any=*",
            "exact=a.example.com",
            "suffix=*.example.com",
            "longsuffix=*.b.example.com",
            "prefix=api.*",
            "longprefix=api.v1.*",
            "v6=[::1]");
    HostTable<String> table =
        new HostTable<>(entries, (Function<String, List<String>>) e -> List.of(e.split("=")[1]));
    String found = table.find(authority);
    assertThat(found).startsWith(expected + "=");
  }

  @Test
  void noHostWithoutACatchAll() {
    HostTable<String> table = new HostTable<>(List.of("a"), List::of);
    assertThat(table.find("b")).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "a:80, a",
    "a, a",
    "[::1]:80, [::1]",
    "[::1], [::1]",
    "::1, ::1",
    "a:b, a:b",
    "1.2.3.4:5, 1.2.3.4"
  })
  void portsAreCutOff(String authority, String host) {
    assertThat(HostTable.withoutPort(authority)).isEqualTo(host);
  }

  /** The trie finds what asking one after the other finds. */
  @Test
  void trieAgreesWithLinearSearch() {
    SplittableRandom random = new SplittableRandom(5);
    Randomness chance = random::nextLong;
    for (int round = 0; round < 300; round++) {
      List<RouteTest> tests = new ArrayList<>();
      List<Integer> routes = new ArrayList<>();
      int n = 9 + random.nextInt(30);
      for (int i = 0; i < n; i++) {
        tests.add(RouteTest.of(match(random)));
        routes.add(i);
      }
      RouteTable<Integer> table = new RouteTable<>(tests, routes);
      for (int i = 0; i < 40; i++) {
        RequestHead head = TestHead.get("a", path(random)).with("h", "" + random.nextInt(2));
        Integer expected = null;
        for (int r = 0; r < n && expected == null; r++) {
          expected = tests.get(r).test(head, head.pathOnly(), chance) ? routes.get(r) : null;
        }
        assertThat(table.find(head, chance)).isEqualTo(expected);
      }
    }
  }

  private static RouteMatch match(SplittableRandom random) {
    String path = path(random);
    boolean fold = random.nextInt(6) == 0;
    PathMatch match =
        switch (random.nextInt(4)) {
          case 0 -> new PathMatch.Exact(path, fold);
          case 1 -> new PathMatch.Prefix(path, fold);
          case 2 -> new PathMatch.SeparatedPrefix(path, fold);
          default -> new PathMatch.Regex(path + "(/[ab]+)?", fold);
        };
    List<HeaderMatch> headers =
        random.nextInt(3) == 0 ? List.of(HeaderMatch.exact("h", "1")) : List.of();
    return new RouteMatch(match, headers, List.of(), 1.0);
  }

  private static String path(SplittableRandom random) {
    String[] parts = {"/a", "/b", "/A", "/ab", "/"};
    StringBuilder path = new StringBuilder(parts[random.nextInt(parts.length)]);
    int n = random.nextInt(3);
    for (int i = 0; i < n; i++) {
      path.append(parts[random.nextInt(parts.length)]);
    }
    return path.toString();
  }

  @Test
  void runtimeFractionTakesItsShare() {
    SplittableRandom random = new SplittableRandom(3);
    RouteTest test =
        RouteTest.of(new RouteMatch(new PathMatch.Prefix("/", false), List.of(), List.of(), 0.2));
    int hits = 0;
    for (int i = 0; i < 5000; i++) {
      hits += test.test(TestHead.get("a", "/"), "/", random::nextLong) ? 1 : 0;
    }
    assertThat(hits).isBetween(900, 1100);
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "/a/b|/a/b",
        "/a/b?x=%2e|/a/b",
        "/a/../b|/a/../b /b",
        "/a%2Fb|/a%2Fb /a/b",
        "/a;x=1/b|/a;x=1/b /a/b",
        "//a|//a /a"
      },
      delimiter = '|')
  void formsOfAPath(String path, String forms) {
    assertThat(PathForms.of(path)).containsExactlyInAnyOrder(forms.split(" "));
  }
}
