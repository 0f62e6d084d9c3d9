package io.selvage.controller.resource.view;

import io.selvage.controller.resource.Checked;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.Violation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code security.istio.io} RequestAuthentication: which tokens of end users are believed.
 *
 * @param selector labels; empty means the whole namespace (the whole mesh in the root namespace)
 */
public record RequestAuthentication(
    Resource source,
    Map<String, String> selector,
    List<AuthorizationPolicy.TargetRef> targetRefs,
    List<JwtRule> jwtRules) {

  /** Reads the document; unknown fields are not looked at (the schema refuses them). */
  public static Checked<RequestAuthentication> parse(Resource resource) {
    List<Violation> violations = new ArrayList<>();
    Fields f = new Fields(resource.spec(), "spec", violations);
    List<AuthorizationPolicy.TargetRef> refs =
        new ArrayList<>(f.list("targetRefs", AuthorizationPolicy.TargetRef::parse));
    AuthorizationPolicy.TargetRef single =
        f.message("targetRef", AuthorizationPolicy.TargetRef::parse);
    if (single != null) {
      refs.add(single);
    }
    return Checked.of(
        new RequestAuthentication(
            resource,
            f.object("selector").textMap("matchLabels"),
            List.copyOf(refs),
            f.list("jwtRules", JwtRule::parse)),
        violations);
  }

  /**
   * One issuer.
   *
   * @param jwks keys in the document itself; empty = they are at {@code jwksUri}, and if that is
   *     empty too, where the issuer's OpenID configuration says
   * @param timeout of a fetch; null = 5 seconds
   */
  public record JwtRule(
      String issuer,
      List<String> audiences,
      String jwksUri,
      String jwks,
      List<FromHeader> fromHeaders,
      List<String> fromParams,
      List<String> fromCookies,
      String outputPayloadToHeader,
      List<ClaimToHeader> outputClaimToHeaders,
      boolean forwardOriginalToken,
      @Nullable Duration timeout,
      List<String> spaceDelimitedClaims) {
    static JwtRule parse(Fields f) {
      String jwks = f.text("jwks");
      return new JwtRule(
          f.text("issuer"),
          f.texts("audiences"),
          f.has("jwksUri") ? f.text("jwksUri") : f.text("jwks_uri"),
          jwks,
          f.list("fromHeaders", h -> new FromHeader(h.text("name"), h.text("prefix"))),
          f.texts("fromParams"),
          f.texts("fromCookies"),
          f.text("outputPayloadToHeader"),
          f.list("outputClaimToHeaders", c -> new ClaimToHeader(c.text("header"), c.text("claim"))),
          f.flag("forwardOriginalToken"),
          f.durationOrNull("timeout"),
          f.texts("spaceDelimitedClaims"));
    }
  }

  /** A header that carries tokens, behind a prefix. */
  public record FromHeader(String name, String prefix) {}

  /** A claim that the application gets as a header. */
  public record ClaimToHeader(String header, String claim) {}
}
