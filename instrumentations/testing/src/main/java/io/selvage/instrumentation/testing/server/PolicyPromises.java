package io.selvage.instrumentation.testing.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The same doors with the engine, the identity and the policies of the shipped agent behind. */
public interface PolicyPromises extends ServerWorld {
  /** Health probes and metrics of a STRICT port, and nothing besides. */
  @ParameterizedTest
  @EnumSource(Entry.class)
  default void exemptPathsOfAStrictPortAreServedInPlaintext(Entry entry) throws Exception {
    needs(entry);
    mesh().decideBy(InboundSketch.exempting(server().port(), CALLER), AUTHORITY.workload(SERVER));
    assertThat(once(entry, Ask.get("/hello")).status()).isEqualTo(200);
    int before = SampleLogic.runs();
    if (!entry.tls()) {
      for (String path : List.of("/", "/hello/x", "/hello;x=y", "/x/%2e%2e/echo")) {
        assertThat(once(entry, Ask.get(path)).status()).as(path).isNotEqualTo(200);
      }
      assertThat(SampleLogic.runs()).as("what came through in plaintext").isEqualTo(before);
    }
  }

  /** Headers of proxies are believed of trusted gateways alone, and nobody here is one. */
  @ParameterizedTest
  @EnumSource(Entry.class)
  default void headersOfProxiesAreNotBelieved(Entry entry) throws Exception {
    needs(entry);
    mesh().decideBy(InboundSketch.open(server().port()), AUTHORITY.workload(SERVER));
    List<Spoofs.Spoof> spoofs = Spoofs.all();
    assertThat(spoofs).hasSizeGreaterThanOrEqualTo(60);
    try (Wire wire = open(entry)) {
      for (Spoofs.Spoof spoof : spoofs) {
        Ask ask = Ask.get("/hello").with(spoof.name(), spoof.values().toArray(new String[0]));
        for (Ask each :
            entry.http2()
                ? List.of(ask, ask.with("content-type", "application/grpc").with("te", "trailers"))
                : List.of(ask)) {
          Reply reply = wire.send(each);
          assertThat(reply.status()).as("%s over %s", spoof, entry).isEqualTo(200);
          assertThat(reply.said("foreign")).as("%s over %s", spoof, entry).isEqualTo("[]");
          String identity = reply.said("xfcc");
          if (entry.tls()) {
            assertThat(identity)
                .as("%s", spoof)
                .matches("By=[^;,]*;Hash=[0-9a-f]{64};Subject=\"\";URI=" + CALLER);
          } else {
            assertThat(identity).as("%s", spoof).isEqualTo("null");
          }
        }
      }
    }
  }

  /** Ways of writing a path that servers take for {@code /admin}. */
  List<String> FORBIDDEN =
      List.of("/admin", "/admin/x?y=z", "/admin;x=y", "/x/../admin", "/%61dmin", "/.//admin");

  @ParameterizedTest
  @EnumSource(Entry.class)
  default void policiesHoldHoweverThePathIsWritten(Entry entry) throws Exception {
    needs(entry);
    mesh().decideBy(InboundSketch.permissive(server().port(), CALLER), AUTHORITY.workload(SERVER));
    int before = SampleLogic.runs();
    for (String path : FORBIDDEN) {
      Reply reply = once(entry, Ask.get(path));
      assertThat(reply.status()).as("%s over %s", path, entry).isNotEqualTo(200);
    }
    assertThat(SampleLogic.runs()).as("requests that reached the application").isEqualTo(before);
    Reply allowed = once(entry, Ask.get("/hello"));
    assertThat(allowed.status()).isEqualTo(entry.tls() ? 200 : 403);
    if (entry.tls()) {
      assertThat(allowed.said("caller")).isEqualTo(CALLER);
      assertThat(allowed.said("xfcc")).contains("URI=" + CALLER);
    } else {
      assertThat(allowed.text()).isEqualTo("RBAC: access denied");
    }
  }

  /** CVE-2026-26308: the lines of a repeated header are values of their own. */
  @ParameterizedTest
  @EnumSource(Entry.class)
  default void aRepeatedHeaderHidesNoValue(Entry entry) throws Exception {
    needs(entry);
    mesh().decideBy(InboundSketch.permissive(server().port(), CALLER), AUTHORITY.workload(SERVER));
    int before = SampleLogic.runs();
    for (Ask ask :
        List.of(
            Ask.get("/hello").with("x-role", "admin"),
            Ask.get("/hello").with("x-role", "user", "admin"),
            Ask.get("/hello").with("x-role", "admin", "user"))) {
      assertThat(once(entry, ask).status()).as("%s over %s", ask, entry).isNotEqualTo(200);
    }
    assertThat(SampleLogic.runs()).as("requests that reached the application").isEqualTo(before);
    Ask harmless = Ask.get("/hello").with("x-role", "user", "guest,admin");
    assertThat(once(entry, harmless).status()).isEqualTo(entry.tls() ? 200 : 403);
  }

  @ParameterizedTest
  @EnumSource(Entry.class)
  default void strictOfTheControlPlaneReachesOpenConnections(Entry entry) throws Exception {
    needs(entry);
    mesh().decideBy(InboundSketch.permissive(server().port(), CALLER), AUTHORITY.workload(SERVER));
    try (Wire wire = open(entry)) {
      assertThat(wire.send(Ask.get("/hello")).status()).isEqualTo(entry.tls() ? 200 : 403);
      mesh().publish(InboundSketch.strict(server().port(), CALLER));
      if (entry.tls()) {
        assertThat(wire.send(Ask.get("/hello")).status()).isEqualTo(200);
        return;
      }
      assertThat(wire.send(Ask.get("/hello")).status()).isEqualTo(403);
      assertThat(wire.isGivenUp()).as("closed, or GOAWAY").isTrue();
    }
    assertThatThrownBy(() -> once(entry, Ask.get("/hello"))).isInstanceOf(IOException.class);
  }
}
