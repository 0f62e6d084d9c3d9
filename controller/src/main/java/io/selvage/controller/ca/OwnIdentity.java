package io.selvage.controller.ca;

import java.net.Socket;
import java.security.KeyPair;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * The controller's own key and leaf, replaced while connections run.
 *
 * <p>New handshakes use the new pair; open connections keep theirs. Thread-safe.
 */
public final class OwnIdentity extends X509ExtendedKeyManager {
  private static final String ALIAS = "controller";
  private static final Duration LIFETIME = Duration.ofHours(24);
  private final CertificateAuthority authority;
  private final List<String> hosts;
  private final List<String> addresses;
  private final Clock clock;
  private volatile Pair pair;

  private record Pair(PrivateKey key, X509Certificate[] chain) {}

  /**
   * Issues the first leaf at once.
   *
   * @param extraHosts DNS names or IP addresses to add to the names of the contract
   */
  public OwnIdentity(CertificateAuthority authority, List<String> extraHosts, Clock clock) {
    this.authority = authority;
    this.clock = clock;
    List<String> names =
        new ArrayList<>(List.of("selvage-controller", "istiod.istio-system.svc", "localhost"));
    List<String> ips = new ArrayList<>(List.of("127.0.0.1", "::1"));
    for (String host : extraHosts) {
      List<String> list = host.matches("[0-9.]+") || host.contains(":") ? ips : names;
      if (!list.contains(host) && !host.isEmpty()) {
        list.add(host);
      }
    }
    this.hosts = List.copyOf(names);
    this.addresses = List.copyOf(ips);
    this.pair = issue();
  }

  private Pair issue() {
    KeyPair keys = CertificateTemplate.newKeyPair();
    SpiffeId id = new SpiffeId(authority.trustDomain(), "selvage-system", "controller");
    List<X509Certificate> chain =
        authority.issueServer(keys.getPublic(), id, hosts, addresses, LIFETIME);
    return new Pair(keys.getPrivate(), chain.toArray(new X509Certificate[0]));
  }

  /** Makes a new key and leaf now. */
  public void rotate() {
    pair = issue();
  }

  /** As {@link #rotate()} where half of the lifetime is over; call it now and then. */
  public void rotateWhenDue() {
    X509Certificate leaf = pair.chain()[0];
    Instant from = leaf.getNotBefore().toInstant();
    Duration half = Duration.between(from, leaf.getNotAfter().toInstant()).dividedBy(2);
    if (!clock.instant().isBefore(from.plus(half))) {
      rotate();
    }
  }

  /** The leaf in use. */
  public X509Certificate leaf() {
    return pair.chain()[0];
  }

  @Override
  public String[] getServerAliases(String keyType, Principal @Nullable [] issuers) {
    return new String[] {ALIAS};
  }

  @Override
  public @Nullable String chooseServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return keyType.startsWith("EC") ? ALIAS : null;
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    return keyType.startsWith("EC") ? ALIAS : null;
  }

  @Override
  public String[] getClientAliases(String keyType, Principal @Nullable [] issuers) {
    return new String[] {ALIAS};
  }

  @Override
  public String chooseClientAlias(
      String[] keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return ALIAS;
  }

  @Override
  public X509Certificate[] getCertificateChain(String alias) {
    return pair.chain().clone();
  }

  @Override
  public PrivateKey getPrivateKey(String alias) {
    return pair.key();
  }
}
