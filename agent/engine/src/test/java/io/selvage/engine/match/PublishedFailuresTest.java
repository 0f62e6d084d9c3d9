package io.selvage.engine.match;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.BodyReplay;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.flow.TestHead;
import io.selvage.engine.model.HeaderMatch;
import io.selvage.engine.model.Permission;
import io.selvage.engine.model.Principal;
import io.selvage.engine.model.RbacFilter;
import io.selvage.engine.model.StringMatch;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What was published of other meshes, asked of this one; each by its number. */
class PublishedFailuresTest {
  private static final Peer PEER =
      new Peer("10.0.0.1", 1, "10.0.0.2", 8080, true, "spiffe://d/ns/n/sa/s", null, null);

  /** A head with one header of several lines. */
  private static final class Head extends RequestHead {
    private final List<String> lines;

    Head(String authority, String path, List<String> lines) {
      super("GET", "http", authority, path, Protocol.HTTP1);
      this.lines = lines;
    }

    @Override
    protected List<String> originals(String name) {
      return name.equals("x-a") ? lines : List.of();
    }

    @Override
    protected @Nullable String original(String name) {
      return lines.isEmpty() || !name.equals("x-a") ? null : String.join(",", lines);
    }

    @Override
    public BodyReplay bodyReplay() {
      return BodyReplay.ONE_SHOT;
    }
  }

  private static boolean allowed(
      RbacFilter.Action action, Permission permission, RequestHead head) {
    RbacFilter.Rules rules =
        new RbacFilter.Rules(
            action,
            Map.of("p", new RbacFilter.Policy(List.of(permission), List.of(new Principal.Any()))));
    RbacRules compiled =
        new RbacRules(
            rules,
            (policy, why) -> {
              throw new AssertionError(policy + ": " + why);
            });
    return compiled.decide(head, PEER, PathForms.of(head.path(), head.meanings())).allowed();
  }

  private static boolean denies(StringMatch path, String request) {
    return !allowed(
        RbacFilter.Action.DENY, new Permission.UrlPath(path), TestHead.get("h", request));
  }

  private static boolean allows(StringMatch path, String request) {
    return allowed(
        RbacFilter.Action.ALLOW, new Permission.UrlPath(path), TestHead.get("h", request));
  }

  private static Permission header(StringMatch match) {
    return new Permission.Header(
        new HeaderMatch("x-a", new HeaderMatch.Value(match), false, false));
  }

  @ParameterizedTest
  @DisplayName("CVE-2021-31920")
  @ValueSource(strings = {"//admin", "/%2fadmin", "/%5cadmin", "/x/..%2fadmin", "/x%2f..%2fadmin"})
  void CVE_2021_31920(String path) {
    assertThat(denies(new StringMatch.Exact("/admin", false), path)).isTrue();
  }

  @ParameterizedTest
  @DisplayName("CVE-2021-39156")
  @ValueSource(strings = {"/admin#x", "/admin#", "/x/../admin#f", "/hello#/../admin"})
  void CVE_2021_39156(String path) {
    assertThat(denies(new StringMatch.Exact("/admin", false), path)).isTrue();
    assertThat(allows(new StringMatch.Prefix("/hello", false), "/hello#/../admin")).isFalse();
  }

  @ParameterizedTest
  @DisplayName("CVE-2026-73511, CVE-2026-73553")
  @ValueSource(strings = {"/admin;x=y", "/;a/admin", "/admin;/", "/hello/..;x/admin", "/admin%3bx"})
  void CVE_2026_73511(String path) {
    assertThat(denies(new StringMatch.Prefix("/admin", false), path)).isTrue();
    assertThat(allows(new StringMatch.Prefix("/hello", false), path)).isFalse();
  }

  @ParameterizedTest
  @DisplayName("CVE-2021-39155")
  @ValueSource(strings = {"host.example", "HOST.example", "Host.Example", "hOST.EXAMPLE"})
  void CVE_2021_39155(String host) {
    Permission named =
        new Permission.Header(
            new HeaderMatch(
                ":authority",
                new HeaderMatch.Value(new StringMatch.Exact("host.example", true)),
                false,
                false));
    assertThat(allowed(RbacFilter.Action.DENY, named, TestHead.get(host, "/"))).isFalse();
    assertThat(allowed(RbacFilter.Action.ALLOW, named, TestHead.get(host, "/"))).isTrue();
  }

  /** 12 ways to repeat a header, as DENY and as ALLOW. */
  @Test
  @DisplayName("CVE-2020-25017, CVE-2026-26308")
  void CVE_2020_25017() {
    Permission bad = header(new StringMatch.Exact("bad", false));
    Permission good = header(new StringMatch.Exact("good", false));
    for (List<String> lines :
        List.of(
            List.of("bad"),
            List.of("good", "bad"),
            List.of("bad", "good"),
            List.of("good", "bad", "good"),
            List.of("", "bad"),
            List.of("bad", ""))) {
      assertThat(allowed(RbacFilter.Action.DENY, bad, new Head("h", "/", lines)))
          .as("DENY %s", lines)
          .isFalse();
    }
    for (List<String> lines :
        List.of(
            List.<String>of(),
            List.of("bad"),
            List.of("goodbad"),
            List.of("bad,good,bad"),
            List.of("good "),
            List.of(""))) {
      assertThat(allowed(RbacFilter.Action.ALLOW, good, new Head("h", "/", lines)))
          .as("ALLOW %s", lines)
          .isFalse();
    }
  }

  /** Each octet in a header, by each kind of matcher, as DENY: 256 times four. */
  @Test
  @DisplayName("CVE-2026-73552")
  void CVE_2026_73552() {
    for (int octet = 0; octet < 256; octet++) {
      Head head = new Head("h", "/", List.of("a" + (char) octet + "z"));
      for (StringMatch match :
          List.of(
              new StringMatch.Regex("a(?s:.)z"),
              new StringMatch.Prefix("a", false),
              new StringMatch.Suffix("z", false),
              new StringMatch.Contains(String.valueOf((char) octet), false))) {
        assertThat(allowed(RbacFilter.Action.DENY, header(match), head))
            .as("0x%02x %s", octet, match)
            .isFalse();
      }
      Permission present =
          new Permission.Header(
              new HeaderMatch("x-a", new HeaderMatch.Present(true), false, false));
      assertThat(allowed(RbacFilter.Action.DENY, present, head)).as("0x%02x", octet).isFalse();
    }
  }

  @ParameterizedTest
  @DisplayName("CVE-2020-16844")
  @ValueSource(strings = {"/a.json", "/.json", "/x/y.json", "/a.json?q", "/a.json#f", "/%61.json"})
  void CVE_2020_16844(String path) {
    assertThat(denies(new StringMatch.Suffix(".json", false), path)).isTrue();
    assertThat(denies(new StringMatch.Suffix(".json", false), "/a.jsonx")).isFalse();
  }

  @Test
  @DisplayName("CVE-2025-46821")
  void CVE_2025_46821() {
    for (String path : List.of("/a/*", "/a/*b", "/a/**", "/a/b*c")) {
      assertThat(UriTemplate.lenient("/a/{*}").matches(path)).as(path).isTrue();
    }
  }

  @Test
  @DisplayName("CVE-2026-39350: what is exact matches itself alone")
  void CVE_2026_39350() {
    for (String name : List.of("a.b", "a[b", "a*b", "a+b", "(a)", "a\\b", "a|b", "^a$", "a{2}")) {
      StringTest test = StringTest.of(new StringMatch.Exact(name, false));
      for (String other : List.of("axb", "ab", "aab", "a", "b", "aa", name + "x", "x" + name)) {
        assertThat(test.test(other)).as("%s against %s", name, other).isEqualTo(other.equals(name));
      }
      assertThat(test.test(name)).isTrue();
    }
  }

  /** 30 patterns that make backtracking matchers take for ever, on 100 kB each. */
  @Test
  void patternsTakeLinearTime() {
    String text = "a".repeat(100_000) + "!";
    int tried = 0;
    for (String inner : List.of("a+", "a*", "(a|a)", "(a|aa)", "(aa?)", "[a-z]+")) {
      for (String outer : List.of("(%s)+$", "(%s)*$", "^(%s)+$", "(%s){1,20}b", "(.*)(%s)+b")) {
        StringTest test = StringTest.of(new StringMatch.Regex(outer.formatted(inner)));
        long start = System.nanoTime();
        test.test(text);
        long millis = (System.nanoTime() - start) / 1_000_000;
        tried++;
        assertThat(millis).as("%s in %s", inner, outer).isLessThan(5_000);
      }
    }
    assertThat(tried).isEqualTo(30);
  }

  @Test
  void whatThePathLooksLikeToEachKindOfServer() {
    for (String path :
        List.of(
            "/caf%C3%A9", "//caf%c3%a9", "/x/../caf%C3%A9", "/caf%25C3%25A9", "/caf\u00c3\u00a9")) {
      assertThat(denies(new StringMatch.Exact("/caf\u00e9", false), path)).as(path).isTrue();
    }
    for (String path : List.of("admin", "x/admin", "http://h/admin", "http:/admin", "h:80/admin")) {
      assertThat(denies(new StringMatch.Exact("/admin", false), path)).as(path).isTrue();
    }
    for (String path :
        List.of("/x/..%c0%afadmin", "/hello/%c0%ae%c0%ae/admin", "/..%e0%80%afadmin")) {
      assertThat(denies(new StringMatch.Exact("/admin", false), path)).as(path).isTrue();
    }
    assertThat(PathForms.of("/plain/path-1?q=//..;%2f")).containsExactly("/plain/path-1");
  }
}
