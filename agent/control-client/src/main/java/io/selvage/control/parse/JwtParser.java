package io.selvage.control.parse;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.core.v3.HttpUri;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtHeader;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtProvider;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtRequirement;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.RemoteJwks;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.RequirementRule;
import io.selvage.engine.model.JwtAuthn;
import io.selvage.engine.model.RouteMatch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Checks of tokens. Everything in them must be understood: what is skipped would let more in. */
final class JwtParser {
  static final String TYPE = "envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication";
  private static final int MAX_DEPTH = 16;
  private static final Duration STANDARD_SKEW = Duration.ofSeconds(60);
  private static final Duration STANDARD_FRESHNESS = Duration.ofMinutes(10);

  private JwtParser() {}

  static @Nullable JwtAuthn parse(Any any, Field f) {
    JwtAuthentication config = f.unpack(any, TYPE, JwtAuthentication.parser());
    if (config == null) {
      return null;
    }
    f.nothingUnknown(config);
    f.forbidden(config.hasFilterStateRules(), "filter_state_rules");
    Map<String, io.selvage.engine.model.JwtProvider> providers = new TreeMap<>();
    config
        .getProvidersMap()
        .forEach(
            (name, provider) ->
                providers.put(name, provider(name, provider, f.at("providers", name))));
    List<JwtAuthn.Rule> rules = new ArrayList<>();
    for (int i = 0; i < config.getRulesCount(); i++) {
      JwtAuthn.Rule rule = rule(config, config.getRules(i), f.at("rules", i));
      if (rule != null) {
        rules.add(rule);
      }
    }
    return new JwtAuthn(
        providers, rules, config.getBypassCorsPreflight(), config.getStripFailureResponse());
  }

  private static JwtAuthn.@Nullable Rule rule(
      JwtAuthentication config, RequirementRule rule, Field f) {
    f.nothingUnknown(rule);
    RouteMatch match = RouteParser.match(rule.getMatch(), f.at("match"));
    if (match == null) {
      return null;
    }
    JwtRequirement needed = null;
    switch (rule.getRequirementTypeCase()) {
      case REQUIRES -> needed = rule.getRequires();
      case REQUIREMENT_NAME -> {
        needed = config.getRequirementMapMap().get(rule.getRequirementName());
        if (needed == null) {
          f.at("requirement_name").refuse("not in requirement_map: " + rule.getRequirementName());
        }
      }
      default -> {}
    }
    return new JwtAuthn.Rule(
        match, needed == null ? null : requirement(config, needed, f.at("requires"), 0));
  }

  private static io.selvage.engine.model.@Nullable JwtRequirement requirement(
      JwtAuthentication config, JwtRequirement r, Field f, int depth) {
    f.nothingUnknown(r);
    if (depth > MAX_DEPTH) {
      f.refuse("nested too deeply");
      return null;
    }
    switch (r.getRequiresTypeCase()) {
      case PROVIDER_NAME:
        return provider(config, r.getProviderName(), List.of(), f.at("provider_name"));
      case PROVIDER_AND_AUDIENCES:
        f.nothingUnknown(r.getProviderAndAudiences());
        return provider(
            config,
            r.getProviderAndAudiences().getProviderName(),
            r.getProviderAndAudiences().getAudiencesList(),
            f.at("provider_and_audiences"));
      case REQUIRES_ANY:
        return new io.selvage.engine.model.JwtRequirement.Any(
            all(config, r.getRequiresAny().getRequirementsList(), f.at("requires_any"), depth));
      case REQUIRES_ALL:
        return new io.selvage.engine.model.JwtRequirement.All(
            all(config, r.getRequiresAll().getRequirementsList(), f.at("requires_all"), depth));
      case ALLOW_MISSING:
        return new io.selvage.engine.model.JwtRequirement.AllowMissing();
      case ALLOW_MISSING_OR_FAILED:
        return new io.selvage.engine.model.JwtRequirement.AllowMissingOrFailed();
      default:
        return new io.selvage.engine.model.JwtRequirement.All(List.of()); // as Envoy: nothing
    }
  }

  private static List<io.selvage.engine.model.JwtRequirement> all(
      JwtAuthentication config, List<JwtRequirement> list, Field f, int depth) {
    if (list.size() < 2) {
      f.at("requirements").refuse("must be at least 2");
    }
    List<io.selvage.engine.model.JwtRequirement> found = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      io.selvage.engine.model.JwtRequirement each =
          requirement(config, list.get(i), f.at("requirements", i), depth + 1);
      if (each != null) {
        found.add(each);
      }
    }
    return found;
  }

  private static io.selvage.engine.model.JwtRequirement provider(
      JwtAuthentication config, String name, List<String> audiences, Field f) {
    if (!config.containsProviders(name)) {
      f.refuse("provider is not configured: '" + name + "'");
    }
    return new io.selvage.engine.model.JwtRequirement.Provider(name, audiences);
  }

  private static io.selvage.engine.model.JwtProvider provider(String name, JwtProvider p, Field f) {
    f.nothingUnknown(p);
    f.forbidden(!p.getFailedStatusInMetadata().isEmpty(), "failed_status_in_metadata");
    f.unsupported(p.hasJwtCacheConfig(), "jwt_cache_config");
    List<io.selvage.engine.model.JwtProvider.ClaimHeader> claims = new ArrayList<>();
    for (int i = 0; i < p.getClaimToHeadersCount(); i++) {
      f.at("claim_to_headers", i).nothingUnknown(p.getClaimToHeaders(i));
      claims.add(
          new io.selvage.engine.model.JwtProvider.ClaimHeader(
              header(p.getClaimToHeaders(i).getHeaderName(), f.at("claim_to_headers", i)),
              p.getClaimToHeaders(i).getClaimName()));
    }
    String payload = p.getForwardPayloadHeader();
    return new io.selvage.engine.model.JwtProvider(
        name,
        p.getIssuer(),
        p.getAudiencesList(),
        p.hasSubjects() ? Matchers.string(p.getSubjects(), f.at("subjects")) : null,
        p.hasMaxLifetime() ? Values.duration(p.getMaxLifetime(), f.at("max_lifetime")) : null,
        p.getClockSkewSeconds() == 0
            ? STANDARD_SKEW
            : Duration.ofSeconds(Integer.toUnsignedLong(p.getClockSkewSeconds())),
        keys(p, f),
        p.getForward(),
        places(p, f),
        payload.isEmpty() ? "" : header(payload, f.at("forward_payload_header")),
        p.getPadForwardPayloadHeader(),
        p.getPayloadInMetadata(),
        p.getHeaderInMetadata(),
        p.getNormalizePayloadInMetadata().getSpaceDelimitedClaimsList(),
        claims);
  }

  private static String header(String name, Field f) {
    String lower = name.toLowerCase(Locale.ROOT);
    if (!lower.matches("[!#$%&'*+.^_`|~0-9a-z-]{1,256}")) {
      f.refuse("not a header's name: '" + name + "'");
    }
    return lower;
  }

  private static List<io.selvage.engine.model.JwtProvider.Place> places(JwtProvider p, Field f) {
    List<io.selvage.engine.model.JwtProvider.Place> places = new ArrayList<>();
    List<io.selvage.engine.model.JwtProvider.HeaderPlace> headers = new ArrayList<>();
    for (int i = 0; i < p.getFromHeadersCount(); i++) {
      JwtHeader each = p.getFromHeaders(i);
      f.at("from_headers", i).nothingUnknown(each);
      headers.add(
          new io.selvage.engine.model.JwtProvider.HeaderPlace(
              header(each.getName(), f.at("from_headers", i).at("name")), each.getValuePrefix()));
    }
    if (p.getFromHeadersCount() + p.getFromParamsCount() + p.getFromCookiesCount() == 0) {
      return List.of(
          new io.selvage.engine.model.JwtProvider.HeaderPlace("authorization", "Bearer "),
          new io.selvage.engine.model.JwtProvider.ParamPlace("access_token"));
    }
    headers.sort(Comparator.comparing(h -> h.name() + h.prefix()));
    places.addAll(headers);
    p.getFromParamsList().stream()
        .sorted()
        .forEach(n -> places.add(new io.selvage.engine.model.JwtProvider.ParamPlace(n)));
    p.getFromCookiesList().stream()
        .sorted()
        .forEach(n -> places.add(new io.selvage.engine.model.JwtProvider.CookiePlace(n)));
    return places;
  }

  private static io.selvage.engine.model.JwtProvider.Keys keys(JwtProvider p, Field f) {
    switch (p.getJwksSourceSpecifierCase()) {
      case LOCAL_JWKS:
        String text = Values.inline(p.getLocalJwks(), f.at("local_jwks"));
        return new io.selvage.engine.model.JwtProvider.InlineKeys(text == null ? "" : text);
      case REMOTE_JWKS:
        return remote(p.getRemoteJwks(), f.at("remote_jwks"));
      default:
        f.refuse("neither local_jwks nor remote_jwks");
        return new io.selvage.engine.model.JwtProvider.InlineKeys("");
    }
  }

  private static io.selvage.engine.model.JwtProvider.Keys remote(RemoteJwks remote, Field f) {
    f.nothingUnknown(remote);
    f.unsupported(remote.hasRetryPolicy(), "retry_policy");
    HttpUri uri = remote.getHttpUri();
    f.at("http_uri").nothingUnknown(uri);
    if (!uri.getUri().matches("https?://[^\\s@/]+(/\\S*)?")) {
      f.at("http_uri.uri").refuse("not an http or https address: '" + uri.getUri() + "'");
    }
    Duration timeout = Values.duration(uri.getTimeout(), f.at("http_uri.timeout"));
    Duration fresh =
        remote.hasCacheDuration()
            ? Values.duration(remote.getCacheDuration(), f.at("cache_duration"))
            : STANDARD_FRESHNESS;
    Duration most = Duration.ofSeconds(5);
    return new io.selvage.engine.model.JwtProvider.RemoteKeys(
        uri.getUri(),
        timeout.isZero() || timeout.compareTo(most) > 0 ? most : timeout,
        fresh.compareTo(Duration.ofSeconds(1)) < 0 ? Duration.ofSeconds(1) : fresh);
  }
}
