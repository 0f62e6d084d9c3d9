package io.selvage.controller.access;

import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import com.nimbusds.jose.util.JSONObjectUtils;
import io.selvage.controller.store.StoreException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.text.ParseException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The published keys of an OpenID Connect provider: found by its discovery document, kept, asked
 * again for a key that is not among them (at most twice in 30 s), and used for up to four hours
 * while the provider is away. Any thread.
 */
final class ProviderKeys implements JWKSource<SecurityContext> {
  private static final Logger LOG = LoggerFactory.getLogger(ProviderKeys.class);
  private static final int MILLIS = 5_000;
  private static final int MAX_BYTES = 1 << 20;
  private static final Duration OUTAGE = Duration.ofHours(4);
  private static final long ASK_AGAIN_NANOS = Duration.ofSeconds(10).toNanos();

  private final URI issuer;
  private final DefaultResourceRetriever retriever;
  private @Nullable JWKSource<SecurityContext> keys;
  private long askAgainAt = System.nanoTime();

  ProviderKeys(OidcSettings settings) {
    this.issuer = settings.issuer();
    this.retriever =
        new DefaultResourceRetriever(MILLIS, MILLIS, MAX_BYTES, true, trusting(settings.caFile()));
  }

  @Override
  public List<JWK> get(JWKSelector selector, @Nullable SecurityContext context)
      throws KeySourceException {
    return source().get(selector, context);
  }

  /** A provider that is away must not be asked by each request. */
  private synchronized JWKSource<SecurityContext> source() throws KeySourceException {
    JWKSource<SecurityContext> known = keys;
    if (known != null) {
      return known;
    }
    if (System.nanoTime() - askAgainAt < 0) {
      throw new KeySourceException("the provider was asked in vain a moment ago");
    }
    askAgainAt = System.nanoTime() + ASK_AGAIN_NANOS;
    try {
      JWKSource<SecurityContext> made =
          JWKSourceBuilder.<SecurityContext>create(keysUrl(), retriever)
              .outageTolerant(OUTAGE.toMillis())
              .retrying(true)
              .build();
      keys = made;
      return made;
    } catch (IOException | ParseException | IllegalArgumentException e) {
      LOG.warn(
          "[SELV-7024] (--oidc-issuer-url) {} cannot be asked for its keys: {}. Fix: make it"
              + " reachable from here, or correct the URL or --oidc-ca-file",
          issuer,
          e.toString());
      throw new KeySourceException("no keys", e);
    }
  }

  private URL keysUrl() throws IOException, ParseException {
    String base = issuer.toString().replaceFirst("/$", "");
    String document =
        retriever
            .retrieveResource(URI.create(base + "/.well-known/openid-configuration").toURL())
            .getContent();
    Map<String, Object> discovery = JSONObjectUtils.parse(document);
    if (!issuer.toString().equals(discovery.get("issuer"))) {
      throw new IllegalArgumentException(
          "its document names another issuer: " + discovery.get("issuer"));
    }
    URI keysAt = URI.create(String.valueOf(discovery.get("jwks_uri")));
    if (!"https".equals(keysAt.getScheme())) {
      throw new IllegalArgumentException("its jwks_uri is not https: " + keysAt);
    }
    return keysAt.toURL();
  }

  private static @Nullable SSLSocketFactory trusting(@Nullable Path pem) {
    if (pem == null) {
      return null;
    }
    try (InputStream in = Files.newInputStream(pem)) {
      KeyStore roots = KeyStore.getInstance(KeyStore.getDefaultType());
      roots.load(null, null);
      int n = 0;
      for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        roots.setCertificateEntry("root" + n++, each);
      }
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(roots);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context.getSocketFactory();
    } catch (IOException | GeneralSecurityException e) {
      throw new StoreException(
          StoreException.Reason.DAMAGED,
          "SELV-7025",
          "(--oidc-ca-file) " + pem + " cannot be used: " + e + ". Fix: certificates in PEM",
          e);
    }
  }
}
