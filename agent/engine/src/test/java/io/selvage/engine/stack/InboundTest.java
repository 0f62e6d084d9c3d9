package io.selvage.engine.stack;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.TestAnswer;
import io.selvage.engine.flow.TestHead;
import io.selvage.engine.model.CidrRange;
import io.selvage.engine.model.Cors;
import io.selvage.engine.model.Fault;
import io.selvage.engine.model.FilterChain;
import io.selvage.engine.model.HeaderMatch;
import io.selvage.engine.model.Permission;
import io.selvage.engine.model.Principal;
import io.selvage.engine.model.RbacFilter;
import io.selvage.engine.model.StringMatch;
import io.selvage.engine.snapshot.PortMode;
import io.selvage.engine.stack.Config.ChainBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Transport policy, authorization, CORS, fault and identity of requests that come in. */
class InboundTest {
  private static final String BOB = "spiffe://cluster.local/ns/default/sa/bob";
  private static final String EVE = "spiffe://cluster.local/ns/other/sa/eve";
  private static final int PORT = 8080;

  private static MeshTest mesh(ChainBuilder... chains) {
    Config config = new Config();
    for (ChainBuilder chain : chains) {
      config.chain(chain);
    }
    return new MeshTest(config);
  }

  private static RbacFilter rules(
      RbacFilter.Action action, Permission permission, Principal principal) {
    return new RbacFilter(policies(action, permission, principal), null);
  }

  private static RbacFilter.Rules policies(
      RbacFilter.Action action, Permission permission, Principal principal) {
    return new RbacFilter.Rules(
        action, Map.of("p1", new RbacFilter.Policy(List.of(permission), List.of(principal))));
  }

  private static Principal named(String id) {
    return new Principal.Authenticated(new StringMatch.Exact(id, false));
  }

  private static Permission path(String prefix) {
    return new Permission.UrlPath(new StringMatch.Prefix(prefix, false));
  }

  private static MeshTest.Call serve(MeshTest mesh, String path, Peer peer) {
    return mesh.serve(TestHead.get("reviews:8080", path), peer);
  }

  private static Peer bob() {
    return MeshTest.mesh(BOB, PORT);
  }

  // ---- transport

  @Test
  void portsModeFollowsItsChains() {
    MeshTest mesh =
        mesh(ChainBuilder.tls(1), ChainBuilder.tls(2), ChainBuilder.raw(2), ChainBuilder.raw(3));
    assertThat(mesh.engine.portMode(1)).isEqualTo(PortMode.STRICT);
    assertThat(mesh.engine.portMode(2)).isEqualTo(PortMode.PERMISSIVE);
    assertThat(mesh.engine.portMode(3)).isEqualTo(PortMode.DISABLE);
    assertThat(mesh.engine.portMode(4)).isEqualTo(PortMode.UNKNOWN);
  }

  @Test
  void chainsOfAnyPortServePortsWithoutTheirOwn() {
    MeshTest mesh = mesh(ChainBuilder.tls(0), ChainBuilder.raw(3));
    assertThat(mesh.engine.portMode(99)).isEqualTo(PortMode.STRICT);
    assertThat(mesh.engine.portMode(3)).isEqualTo(PortMode.DISABLE);
  }

  @Test
  void strictRefusesPlaintextAndAsksToClose() {
    MeshTest mesh = mesh(ChainBuilder.tls(PORT));
    MeshTest.Call call = serve(mesh, "/", MeshTest.plain(PORT));
    assertThat(call.sent).isEmpty();
    assertThat(call.rejection().httpStatus()).isEqualTo(403);
    assertThat(call.rejection().headers()).containsEntry("connection", "close");
    assertThat(call.exchange.facts().closeConnection).isTrue();
    assertThat(mesh.log.get(0).responseCode()).isEqualTo(403);
    assertThat(serve(mesh, "/", bob()).sent).hasSize(1);
  }

  @Test
  void permissiveServesBoth() {
    MeshTest mesh = mesh(ChainBuilder.tls(PORT), ChainBuilder.raw(PORT));
    assertThat(serve(mesh, "/", MeshTest.plain(PORT)).sent).hasSize(1);
    assertThat(serve(mesh, "/", bob()).sent).hasSize(1);
  }

  @Test
  void switchToStrictReachesOpenConnections() {
    MeshTest mesh = mesh(ChainBuilder.tls(PORT), ChainBuilder.raw(PORT));
    Peer open = MeshTest.plain(PORT);
    assertThat(serve(mesh, "/", open).sent).hasSize(1);
    mesh.engine.publish(new Config().chain(ChainBuilder.tls(PORT)).build());
    assertThat(serve(mesh, "/", open).rejection().code()).isEqualTo("SELV-4010");
  }

  @Test
  void thoseWhomStrictWouldRefuseAreCounted() {
    MeshTest mesh = mesh(ChainBuilder.tls(PORT), ChainBuilder.raw(PORT));
    serve(mesh, "/", bob());
    assertThat(mesh.engine.plaintextCallers()).isEmpty();
    Peer plain = MeshTest.plain(PORT);
    mesh.engine.explainInbound(TestHead.get("reviews:8080", "/"), plain);
    assertThat(mesh.engine.plaintextCallers()).isEmpty();
    serve(mesh, "/", plain).exchange.end(io.selvage.engine.flow.End.COMPLETE);
    serve(mesh, "/", plain).exchange.end(io.selvage.engine.flow.End.COMPLETE);
    assertThat(mesh.engine.plaintextCallers())
        .singleElement()
        .satisfies(
            caller -> {
              assertThat(caller.port()).isEqualTo(PORT);
              assertThat(caller.address()).isEqualTo(plain.address());
              assertThat(caller.requests()).isEqualTo(2);
              assertThat(caller.tls()).isFalse();
            });
    // refused already: nothing would change for them
    mesh.engine.publish(new Config().chain(ChainBuilder.tls(PORT)).build());
    serve(mesh, "/", plain);
    assertThat(mesh.engine.plaintextCallers().get(0).requests()).isEqualTo(2);
  }

  @Test
  void callersThatAreTooManyAreCountedTogether() {
    var callers = new io.selvage.engine.snapshot.PlaintextCallers();
    for (int i = 0; i < 1000; i++) {
      callers.count(PORT, "10.0." + i / 256 + "." + i % 256, false, i);
    }
    assertThat(callers.all()).hasSizeLessThan(300);
    assertThat(callers.all().stream().mapToLong(c -> c.requests()).sum()).isEqualTo(1000);
    assertThat(callers.all()).anyMatch(c -> c.address().equals("others"));
  }

  @Test
  void tlsWithoutIdentityIsRefused() {
    Peer nobody = new Peer("10.0.0.7", 1, "10.0.0.9", PORT, true, null, null, null);
    MeshTest.Call call = serve(mesh(ChainBuilder.tls(PORT)), "/", nobody);
    assertThat(call.rejection().code()).isEqualTo("SELV-4011");
  }

  @Test
  void identityThatTheChainDoesNotAcceptIsRefused() {
    var tls =
        new FilterChain.DownstreamTls(
            true, List.of(new StringMatch.Prefix("spiffe://cluster.local/", false)), List.of());
    MeshTest mesh = mesh(ChainBuilder.tls(PORT).tlsRules(tls));
    assertThat(serve(mesh, "/", bob()).sent).hasSize(1);
    assertThat(
            serve(mesh, "/", MeshTest.mesh("spiffe://elsewhere/ns/a/sa/b", PORT))
                .rejection()
                .code())
        .isEqualTo("SELV-4012");
  }

  @Test
  void unreadableIdentityMatcherAcceptsNobody() {
    var tls = new FilterChain.DownstreamTls(true, List.of(new StringMatch.Regex("(")), List.of());
    MeshTest mesh = mesh(ChainBuilder.tls(PORT).tlsRules(tls));
    assertThat(serve(mesh, "/", bob()).rejection().code()).isEqualTo("SELV-4012");
  }

  @Test
  void portThatNobodySpeaksOfIsLeftAlone() {
    MeshTest.Call call = serve(mesh(ChainBuilder.tls(1)), "/", MeshTest.plain(PORT));
    assertThat(call.sent).hasSize(1);
  }

  // ---- authorization

  @ParameterizedTest
  @CsvSource({
    // action, who the rule names, who calls -> allowed
    "ALLOW, bob, bob, true", "ALLOW, bob, eve, false", "ALLOW, bob, plain, false",
    "DENY, bob, bob, false", "DENY, bob, eve, true", "DENY, bob, plain, true",
    "LOG, bob, bob, true", "LOG, bob, eve, true"
  })
  void actionsByPrincipal(RbacFilter.Action action, String rule, String caller, boolean allowed) {
    MeshTest mesh =
        mesh(
            ChainBuilder.tls(PORT).rbac(rules(action, new Permission.Any(), named(BOB))),
            ChainBuilder.raw(PORT).rbac(rules(action, new Permission.Any(), named(BOB))));
    Peer peer =
        switch (caller) {
          case "bob" -> bob();
          case "eve" -> MeshTest.mesh(EVE, PORT);
          default -> MeshTest.plain(PORT);
        };
    MeshTest.Call call = serve(mesh, "/", peer);
    assertThat(call.outcome == null).isEqualTo(allowed);
    assertThat(rule).isEqualTo("bob");
  }

  @Test
  void refusalDoesNotNameThePolicyButTheLogDoes() {
    MeshTest mesh =
        mesh(
            ChainBuilder.tls(PORT)
                .rbac(rules(RbacFilter.Action.DENY, new Permission.Any(), named(BOB))));
    MeshTest.Call call = serve(mesh, "/", bob());
    Rejection rejection = call.rejection();
    assertThat(rejection.httpStatus()).isEqualTo(403);
    assertThat(rejection.grpcStatus()).isEqualTo(7);
    assertThat(rejection.body()).isEqualTo("RBAC: access denied");
    assertThat(rejection.headers()).isEmpty();
    assertThat(mesh.log.get(0).policy()).isEqualTo("p1");
    assertThat(mesh.log.get(0).responseDetail()).contains("p1");
    assertThat(mesh.log.get(0).peerPrincipal()).isEqualTo(BOB);
  }

  @Test
  void denyComesBeforeAllow() {
    MeshTest mesh =
        mesh(
            ChainBuilder.tls(PORT)
                .rbac(rules(RbacFilter.Action.DENY, path("/admin"), new Principal.Any()))
                .rbac(rules(RbacFilter.Action.ALLOW, new Permission.Any(), named(BOB))));
    assertThat(serve(mesh, "/admin/x", bob()).status()).isEqualTo(403);
    assertThat(serve(mesh, "/x", bob()).sent).hasSize(1);
    assertThat(serve(mesh, "/x", MeshTest.mesh(EVE, PORT)).status()).isEqualTo(403);
  }

  @Test
  void allowWithoutPoliciesDeniesAllAndNoRulesAllowAll() {
    var nothing = new RbacFilter(new RbacFilter.Rules(RbacFilter.Action.ALLOW, Map.of()), null);
    assertThat(serve(mesh(ChainBuilder.tls(PORT).rbac(nothing)), "/", bob()).status())
        .isEqualTo(403);
    var none = new RbacFilter(null, null);
    assertThat(serve(mesh(ChainBuilder.tls(PORT).rbac(none)), "/", bob()).sent).hasSize(1);
  }

  @Test
  void networkRulesAreAskedToo() {
    MeshTest mesh =
        mesh(
            ChainBuilder.tls(PORT)
                .networkRbac(rules(RbacFilter.Action.ALLOW, new Permission.Any(), named(BOB))));
    assertThat(serve(mesh, "/", MeshTest.mesh(EVE, PORT)).status()).isEqualTo(403);
    assertThat(serve(mesh, "/", bob()).sent).hasSize(1);
  }

  @Test
  void shadowRulesOnlySay() {
    RbacFilter dry =
        new RbacFilter(
            null, policies(RbacFilter.Action.DENY, new Permission.Any(), new Principal.Any()));
    MeshTest mesh = mesh(ChainBuilder.tls(PORT).rbac(dry));
    MeshTest.Call call = serve(mesh, "/", bob());
    assertThat(call.sent).hasSize(1);
    assertThat(io.selvage.engine.snapshot.MeshFacts.of(call.exchange).dryRun)
        .isEqualTo("denied by p1");
  }

  private static final StringMatch ADMIN = new StringMatch.Exact("/admin", false);

  private static Permission permission(String kind) {
    return switch (kind) {
      case "any" -> new Permission.Any();
      case "and" -> new Permission.And(List.of(new Permission.Any(), path("/admin")));
      case "or" -> new Permission.Or(List.of(new Permission.DestinationPort(1), path("/admin")));
      case "not" -> new Permission.Not(path("/public"));
      case "header" -> new Permission.Header(HeaderMatch.exact(":method", "GET"));
      case "path" -> new Permission.UrlPath(ADMIN);
      case "template" -> new Permission.PathTemplate("/{*}");
      case "port" -> new Permission.DestinationPort(PORT);
      case "range" -> new Permission.DestinationPortRange(8000, 8081);
      case "ip" -> new Permission.DestinationIp(new CidrRange("10.0.0.0", 24));
      case "sni" -> new Permission.RequestedServerName(new StringMatch.Prefix("outbound_", false));
      default -> throw new IllegalArgumentException(kind);
    };
  }

  private static Permission otherPermission(String kind) {
    return switch (kind) {
      case "any" -> new Permission.Not(new Permission.Any());
      case "and" -> new Permission.And(List.of(new Permission.Any(), path("/other")));
      case "or" -> new Permission.Or(List.of(new Permission.DestinationPort(1), path("/other")));
      case "not" -> new Permission.Not(path("/admin"));
      case "header" -> new Permission.Header(HeaderMatch.exact(":method", "POST"));
      case "path" -> new Permission.UrlPath(new StringMatch.Exact("/admin/", false));
      case "template" -> new Permission.PathTemplate("/{*}/x");
      case "port" -> new Permission.DestinationPort(PORT + 1);
      case "range" -> new Permission.DestinationPortRange(8000, 8080);
      case "ip" -> new Permission.DestinationIp(new CidrRange("10.0.1.0", 24));
      case "sni" -> new Permission.RequestedServerName(new StringMatch.Exact("x", false));
      default -> throw new IllegalArgumentException(kind);
    };
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "any",
        "and",
        "or",
        "not",
        "header",
        "path",
        "template",
        "port",
        "range",
        "ip",
        "sni"
      })
  void everyKindOfPermission(String kind) {
    Principal anybody = new Principal.Any();
    for (boolean matches : new boolean[] {true, false}) {
      Permission permission = matches ? permission(kind) : otherPermission(kind);
      MeshTest allow =
          mesh(ChainBuilder.tls(PORT).rbac(rules(RbacFilter.Action.ALLOW, permission, anybody)));
      MeshTest deny =
          mesh(ChainBuilder.tls(PORT).rbac(rules(RbacFilter.Action.DENY, permission, anybody)));
      assertThat(serve(allow, "/admin", bob()).outcome == null).isEqualTo(matches);
      assertThat(serve(deny, "/admin", bob()).outcome == null).isEqualTo(!matches);
    }
  }

  private static Principal principal(String kind, boolean matches) {
    String network = matches ? "10.0.0.0" : "10.9.0.0";
    Principal one = named(matches ? BOB : EVE);
    return switch (kind) {
      case "and" -> new Principal.And(List.of(new Principal.Any(), one));
      case "or" -> new Principal.Or(List.of(named("spiffe://x"), one));
      case "not" -> new Principal.Not(named(matches ? EVE : BOB));
      case "exact" -> one;
      case "prefix" ->
          new Principal.Authenticated(
              new StringMatch.Prefix(
                  "spiffe://cluster.local/ns/" + (matches ? "default" : "other") + "/", false));
      case "suffix" ->
          new Principal.Authenticated(
              new StringMatch.Suffix(matches ? "/sa/bob" : "/sa/eve", false));
      case "regex" ->
          new Principal.Authenticated(
              new StringMatch.Regex(matches ? ".*/ns/default/.*" : ".*/ns/other/.*"));
      case "direct" -> new Principal.DirectRemoteIp(new CidrRange(network, 16));
      case "remote" -> new Principal.RemoteIp(new CidrRange(network, 16));
      case "header" -> new Principal.Header(HeaderMatch.exact("x-team", matches ? "blue" : "red"));
      case "path" -> new Principal.UrlPath(new StringMatch.Exact(matches ? "/admin" : "/x", false));
      default -> throw new IllegalArgumentException(kind);
    };
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "and", "or", "not", "exact", "prefix", "suffix", "regex", "direct", "remote", "header",
        "path"
      })
  void everyKindOfPrincipal(String kind) {
    for (boolean matches : new boolean[] {true, false}) {
      Principal principal = principal(kind, matches);
      MeshTest mesh =
          mesh(
              ChainBuilder.tls(PORT)
                  .rbac(rules(RbacFilter.Action.ALLOW, new Permission.Any(), principal)));
      MeshTest.Call call =
          mesh.serve(TestHead.get("reviews", "/admin").with("x-team", "blue"), bob());
      assertThat(call.outcome == null).isEqualTo(matches);
    }
  }

  @Test
  void anyAuthenticatedPeerIsNotAPlainOne() {
    RbacFilter filter =
        rules(RbacFilter.Action.ALLOW, new Permission.Any(), new Principal.Authenticated(null));
    MeshTest mesh = mesh(ChainBuilder.tls(PORT).rbac(filter), ChainBuilder.raw(PORT).rbac(filter));
    assertThat(serve(mesh, "/", bob()).sent).hasSize(1);
    assertThat(serve(mesh, "/", MeshTest.plain(PORT)).status()).isEqualTo(403);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/admin",
        "/admin?x=1",
        "//admin",
        "/x/../admin",
        "/./admin",
        "/%61dmin",
        "/x/%2e%2e/admin",
        "/x%2f..%2fadmin",
        "/x\\..\\admin",
        "/%2561dmin",
        "/;a=b/admin",
        "/x/..;/admin",
        "/%2fadmin",
        "/x/%2E%2E%2Fadmin"
      })
  void denyHoldsForEveryFormOfThePath(String path) {
    MeshTest mesh =
        mesh(
            ChainBuilder.tls(PORT)
                .rbac(rules(RbacFilter.Action.DENY, path("/admin"), new Principal.Any())));
    assertThat(serve(mesh, path, bob()).status()).as(path).isEqualTo(403);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/public/../admin",
        "/public/%2e%2e/admin",
        "/public%2f..%2f..%2fadmin",
        "/public/..;/admin",
        "/public\\..\\admin"
      })
  void allowNeedsEveryFormOfThePath(String path) {
    MeshTest mesh =
        mesh(
            ChainBuilder.tls(PORT)
                .rbac(rules(RbacFilter.Action.ALLOW, path("/public"), new Principal.Any())));
    assertThat(serve(mesh, path, bob()).status()).as(path).isEqualTo(403);
    assertThat(serve(mesh, "/public/a%20b", bob()).sent).hasSize(1);
  }

  @Test
  void policyThatCannotBeReadFailsClosed() {
    Permission bad = new Permission.UrlPath(new StringMatch.Regex("("));
    for (RbacFilter.Action action :
        new RbacFilter.Action[] {RbacFilter.Action.ALLOW, RbacFilter.Action.DENY}) {
      MeshTest mesh = new MeshTest(new Config());
      var reasons =
          mesh.engine.publish(
              new Config()
                  .chain(ChainBuilder.tls(PORT).rbac(rules(action, bad, new Principal.Any())))
                  .build());
      assertThat(reasons).hasSize(1);
      assertThat(serve(mesh, "/", bob()).status()).isEqualTo(403);
    }
  }

  @Test
  void authorizationThatThrowsDenies() {
    MeshTest mesh =
        mesh(
            ChainBuilder.tls(PORT)
                .rbac(
                    rules(
                        RbacFilter.Action.DENY,
                        new Permission.Header(HeaderMatch.exact("x", "y")),
                        new Principal.Any())));
    TestHead broken =
        new TestHead("GET", "reviews", "/", Protocol.HTTP1) {
          @Override
          protected String original(String name) {
            if (name.equals("x")) {
              throw new IllegalStateException("a codec's bug");
            }
            return null;
          }
        };
    MeshTest.Call call = mesh.serve(broken, bob());
    assertThat(call.status()).isEqualTo(403);
    assertThat(mesh.engine.layerFailures()).containsEntry("Rbac", 1L);
  }

  @Test
  void layersThatDoNotProtectAreSkippedWhenTheyThrow() {
    MeshTest mesh = mesh(ChainBuilder.tls(PORT));
    TestHead broken =
        new TestHead("GET", "reviews", "/", Protocol.HTTP1) {
          @Override
          protected String original(String name) {
            if (name.equals("traceparent")) {
              throw new IllegalStateException("a codec's bug");
            }
            return null;
          }
        };
    assertThat(mesh.serve(broken, bob()).sent).hasSize(1);
    assertThat(mesh.engine.layerFailures()).containsEntry("Trace", 1L);
  }

  // ---- what the application sees

  @Test
  void applicationLearnsWhoCalls() {
    MeshTest.Call call =
        mesh(ChainBuilder.tls(PORT))
            .serve(
                TestHead.get("reviews", "/").with("x-forwarded-client-cert", "By=forged"), bob());
    assertThat(call.head().header("x-forwarded-client-cert"))
        .isEqualTo(
            "By=spiffe://cluster.local/ns/default/sa/productpage;Hash=abcd;Subject=\"\";URI="
                + BOB);
    assertThat(call.exchange.facts().context.caller()).isEqualTo(BOB);
  }

  @Test
  void plaintextCallerCannotForgeAnIdentity() {
    MeshTest.Call call =
        mesh(ChainBuilder.raw(PORT))
            .serve(
                TestHead.get("reviews", "/").with("x-forwarded-client-cert", "URI=" + BOB),
                MeshTest.plain(PORT));
    assertThat(call.head().header("x-forwarded-client-cert")).isNull();
    assertThat(call.exchange.facts().context.caller()).isNull();
  }

  @Test
  void callersDeadlineIsWhatTheApplicationRunsIn() {
    MeshTest mesh = mesh(ChainBuilder.tls(PORT));
    MeshTest.Call call =
        mesh.serve(
            TestHead.get("reviews", "/").with("x-envoy-expected-rq-timeout-ms", "250"), bob());
    assertThat(call.exchange.facts().context.deadlineNanos())
        .isEqualTo(mesh.time.nanos() + 250_000_000L);
  }

  @ParameterizedTest
  @CsvSource({"1H, 3600000", "2M, 120000", "3S, 3000", "250m, 250", "5000u, 5"})
  void grpcCallersDeadlineToo(String timeout, long millis) {
    MeshTest mesh = mesh(ChainBuilder.tls(PORT));
    MeshTest.Call call =
        mesh.serve(TestHead.grpc("reviews", "/s/m").with("grpc-timeout", timeout), bob());
    assertThat(call.exchange.facts().context.deadlineNanos())
        .isEqualTo(mesh.time.nanos() + millis * 1_000_000L);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "S", "1", "1X", "123456789S", "-1S", "1.5S"})
  void unreadableDeadlinesAreNone(String timeout) {
    MeshTest.Call call =
        mesh(ChainBuilder.tls(PORT))
            .serve(
                TestHead.grpc("reviews", "/s/m")
                    .with("grpc-timeout", timeout)
                    .with("x-envoy-expected-rq-timeout-ms", "soon"),
                bob());
    assertThat(call.exchange.facts().context.deadlineNanos()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void applicationsFailureIsLoggedAs500() {
    MeshTest mesh = mesh(ChainBuilder.tls(PORT));
    MeshTest.Call call = serve(mesh, "/", bob());
    call.reports(new Failed(Failed.Kind.LOCAL, new IllegalStateException("boom")));
    assertThat(mesh.log.get(0).responseCode()).isEqualTo(500);
    assertThat(mesh.counted(500)).isOne();
  }

  @Test
  void inboundFaultApplies() {
    MeshTest mesh =
        mesh(
            ChainBuilder.tls(PORT)
                .fault(new Fault(Duration.ofSeconds(1), 1.0, 503, -1, 1.0, List.of())));
    MeshTest.Call call = serve(mesh, "/", bob());
    assertThat(call.outcome).isNull();
    mesh.advance(Duration.ofSeconds(1));
    assertThat(call.rejection().flag()).isEqualTo("FI");
  }

  @Test
  void corsAnswersPreflightAndMarksResponses() {
    Cors cors =
        new Cors(
            List.of(new StringMatch.Exact("https://a.example", false)),
            List.of("GET", "POST"),
            List.of("x-a"),
            List.of("x-b"),
            Duration.ofHours(1),
            true);
    MeshTest mesh = mesh(ChainBuilder.tls(PORT).cors(cors));
    MeshTest.Call preflight =
        mesh.serve(
            new TestHead("OPTIONS", "reviews", "/", Protocol.HTTP1)
                .with("origin", "https://a.example")
                .with("access-control-request-method", "POST"),
            bob());
    assertThat(preflight.status()).isEqualTo(200);
    assertThat(preflight.rejection().headers())
        .containsEntry("access-control-allow-origin", "https://a.example")
        .containsEntry("access-control-allow-methods", "GET,POST")
        .containsEntry("access-control-max-age", "3600")
        .containsEntry("access-control-allow-credentials", "true");
    MeshTest.Call get =
        mesh.serve(TestHead.get("reviews", "/").with("origin", "https://a.example"), bob());
    get.reports(TestAnswer.of(200));
    var answer = (io.selvage.engine.flow.Responded) Objects.requireNonNull(get.outcome);
    assertThat(answer.head().header("access-control-allow-origin")).isEqualTo("https://a.example");
    assertThat(answer.head().header("access-control-expose-headers")).isEqualTo("x-b");
    MeshTest.Call other =
        mesh.serve(TestHead.get("reviews", "/").with("origin", "https://b.example"), bob());
    other.reports(TestAnswer.of(200));
    var unmarked = (io.selvage.engine.flow.Responded) Objects.requireNonNull(other.outcome);
    assertThat(unmarked.head().header("access-control-allow-origin")).isNull();
  }

  @Test
  void explainsWhoIsRefusedAndWhy() {
    MeshTest mesh =
        mesh(
            ChainBuilder.tls(PORT).rbac(rules(RbacFilter.Action.DENY, path("/admin"), named(BOB))));
    Explanation why = mesh.engine.explainInbound(TestHead.get("reviews", "/admin"), bob());
    assertThat(Objects.requireNonNull(why.rejection()).httpStatus()).isEqualTo(403);
    assertThat(why.rejectedBy()).isEqualTo("Rbac");
    assertThat(why.policies()).containsExactly("DENY p1");
    assertThat(why.listener()).isEqualTo("8080_TLS");
    assertThat(why.tls().sans()).containsExactly(BOB);
    assertThat(mesh.log).isEmpty();
    assertThat(mesh.engine.series().all()).isEmpty();
  }

  @Test
  void sendingMeansThatTheApplicationRunsOnce() {
    MeshTest.Call call = serve(mesh(ChainBuilder.tls(PORT)), "/", bob());
    Exchange x = call.exchange;
    assertThat(call.sent).hasSize(1);
    Attempt attempt = call.sent.get(0);
    assertThat(attempt.endpoint()).isNull();
    call.answers(503);
    assertThat(call.sent).hasSize(1);
    assertThat(x.attempts()).isOne();
  }
}
