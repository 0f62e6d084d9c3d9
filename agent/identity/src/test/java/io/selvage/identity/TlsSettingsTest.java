package io.selvage.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.FilterChain.DownstreamTls;
import io.selvage.engine.model.Locality;
import io.selvage.engine.model.TlsSettings;
import io.selvage.engine.model.TlsSettings.Version;
import io.selvage.engine.model.UpstreamTls;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.Test;

/** Versions, suites and groups that both sides must agree on. */
class TlsSettingsTest {
  private static final TestPki PKI = WrongChains.PKI;
  private static final TlsSettings OLD =
      new TlsSettings(Version.TLS_1_2, Version.TLS_1_2, List.of(), List.of());
  private static final String AES256 = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384";
  private static final String AES128 = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";
  static final Endpoint ENDPOINT =
      new Endpoint(
          "127.0.0.1",
          9080,
          1,
          Endpoint.Health.HEALTHY,
          Locality.UNKNOWN,
          "istio",
          Endpoint.Workload.UNKNOWN,
          Map.of());

  private static SSLEngine client(TlsSettings settings) {
    IdentityTls tls =
        new IdentityTls(PKI.identity("page"), port -> null, Clock.systemUTC(), refusal -> {});
    return tls.clientEngine(
        new UpstreamTls(
            true, "x", List.of(), List.of("istio"), null, null, null, false, null, settings),
        ENDPOINT,
        List.of("http/1.1"));
  }

  private static SSLEngine server(TlsSettings settings) {
    return new IdentityTls(
            PKI.identity("reviews"),
            port -> new DownstreamTls(true, List.of(), List.of(), settings),
            Clock.systemUTC(),
            refusal -> {})
        .serverEngine(9080, List.of("http/1.1"));
  }

  private static SSLEngine agreed(TlsSettings ours, TlsSettings theirs) throws SSLException {
    SSLEngine server = server(theirs);
    new Handshake(client(ours), server).run();
    return server;
  }

  private static TlsSettings groups(String... names) {
    return new TlsSettings(Version.TLS_1_2, Version.TLS_1_3, List.of(), List.of(names));
  }

  @Test
  void newestVersionIsTheStandardAndOlderOnesMustBeAllowed() throws Exception {
    assertThat(agreed(TlsSettings.MODERN, TlsSettings.COMPATIBLE).getSession().getProtocol())
        .isEqualTo("TLSv1.3");
    assertThat(agreed(OLD, TlsSettings.COMPATIBLE).getSession().getProtocol()).isEqualTo("TLSv1.2");
    assertThatThrownBy(() -> agreed(OLD, TlsSettings.MODERN)).isInstanceOf(SSLException.class);
    assertThatThrownBy(() -> agreed(TlsSettings.MODERN, OLD)).isInstanceOf(SSLException.class);
  }

  @Test
  void suitesAreLimitedInTheOrderThatIsAskedFor() throws Exception {
    for (List<String> order : List.of(List.of(AES256, AES128), List.of(AES128, AES256))) {
      TlsSettings server = new TlsSettings(Version.TLS_1_2, Version.TLS_1_2, order, List.of());
      assertThat(agreed(OLD, server).getSession().getCipherSuite()).isEqualTo(order.get(0));
    }
    TlsSettings one = new TlsSettings(Version.TLS_1_2, Version.TLS_1_2, List.of(AES256), List.of());
    TlsSettings other =
        new TlsSettings(Version.TLS_1_2, Version.TLS_1_2, List.of(AES128), List.of());
    assertThatThrownBy(() -> agreed(one, other)).isInstanceOf(SSLException.class);
    TlsSettings newer =
        new TlsSettings(Version.TLS_1_2, Version.TLS_1_3, List.of(AES256), List.of());
    assertThat(agreed(newer, TlsSettings.MODERN).getSession().getProtocol()).isEqualTo("TLSv1.3");
  }

  @Test
  void groupsAreLimitedOnBothSides() throws Exception {
    agreed(groups("secp384r1"), groups("x25519", "secp384r1"));
    agreed(groups("x25519"), groups());
    for (TlsSettings ours : List.of(groups("x25519"), groups("secp256r1", "x25519"))) {
      assertThatThrownBy(() -> agreed(ours, groups("secp384r1"))).isInstanceOf(SSLException.class);
      assertThatThrownBy(() -> agreed(groups("secp384r1"), ours)).isInstanceOf(SSLException.class);
    }
  }

  /** A library that drives the engine sets what it likes just before the handshake. */
  @Test
  void librariesCannotWidenWhatIsAllowed() throws Exception {
    SSLEngine server = server(TlsSettings.MODERN);
    server.setEnabledProtocols(new String[] {"TLSv1.2"});
    server.setEnabledCipherSuites(new String[] {"TLS_RSA_WITH_AES_128_CBC_SHA"});
    SSLParameters wide = server.getSSLParameters();
    wide.setProtocols(new String[] {"TLSv1.1", "TLSv1.2"});
    wide.setCipherSuites(new String[] {"TLS_RSA_WITH_AES_128_CBC_SHA"});
    wide.setNeedClientAuth(false);
    server.setSSLParameters(wide);
    assertThat(server.getEnabledProtocols()).containsExactly("TLSv1.3");
    assertThat(server.getEnabledCipherSuites()).noneMatch(s -> s.contains("CBC"));
    assertThat(server.getNeedClientAuth()).isTrue();
    assertThatThrownBy(() -> new Handshake(client(OLD), server).run())
        .isInstanceOf(SSLException.class);
  }

  /** OkHttp's, and with it gRPC's over OkHttp, names TLS 1.2 and its suites alone. */
  @Test
  void aLibraryThatKnowsAnOlderVersionAloneStillSpeaksWhatIsAllowed() throws Exception {
    for (boolean suitesFirst : new boolean[] {false, true}) {
      SSLEngine server = server(TlsSettings.MODERN);
      if (suitesFirst) {
        server.setEnabledCipherSuites(new String[] {AES128});
      }
      server.setEnabledProtocols(new String[] {"TLSv1.2"});
      server.setEnabledCipherSuites(new String[] {AES128});
      new Handshake(client(TlsSettings.MODERN), server).run();
      assertThat(server.getSession().getProtocol()).isEqualTo("TLSv1.3");
    }
    SSLEngine older = server(OLD);
    older.setEnabledCipherSuites(new String[] {"TLS_AES_128_GCM_SHA256"});
    new Handshake(client(OLD), older).run();
    assertThat(older.getSession().getProtocol()).isEqualTo("TLSv1.2");
  }
}
