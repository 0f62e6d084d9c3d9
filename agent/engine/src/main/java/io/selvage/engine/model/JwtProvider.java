package io.selvage.engine.model;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One issuer of tokens (Envoy {@code JwtProvider}).
 *
 * @param issuer what {@code iss} must be; empty = any
 * @param audiences one of them must be in {@code aud}; empty = any
 * @param subjects what {@code sub} must match; null = any
 * @param maxLifetime how long a token may still be valid; null = any time
 * @param clockSkew how far clocks may differ
 * @param forward whether the application sees the token
 * @param places where tokens are looked for; never empty
 * @param payloadHeader header that gets the payload in Base64url; empty = none
 * @param padPayloadHeader whether that is padded
 * @param payloadKey name of the payload in the request's metadata; empty = not there
 * @param headerKey name of the token's header in the request's metadata; empty = not there
 * @param spaceDelimitedClaims texts that become lists in the metadata
 */
public record JwtProvider(
    String name,
    String issuer,
    List<String> audiences,
    @Nullable StringMatch subjects,
    @Nullable Duration maxLifetime,
    Duration clockSkew,
    Keys keys,
    boolean forward,
    List<Place> places,
    String payloadHeader,
    boolean padPayloadHeader,
    String payloadKey,
    String headerKey,
    List<String> spaceDelimitedClaims,
    List<ClaimHeader> claimHeaders) {
  public JwtProvider {
    audiences = List.copyOf(audiences);
    places = List.copyOf(places);
    spaceDelimitedClaims = List.copyOf(spaceDelimitedClaims);
    claimHeaders = List.copyOf(claimHeaders);
  }

  /** The issuer's public keys. */
  public sealed interface Keys {}

  /** Keys that come with the configuration. */
  public record InlineKeys(String jwks) implements Keys {}

  /**
   * Keys that are fetched.
   *
   * @param timeout of one fetch
   * @param freshFor how long they are used before they are fetched anew
   */
  public record RemoteKeys(String uri, Duration timeout, Duration freshFor) implements Keys {}

  /** Where a token may be. */
  public sealed interface Place {}

  /**
   * @param name lower case
   * @param prefix what stands before the token; may be empty
   */
  public record HeaderPlace(String name, String prefix) implements Place {}

  public record ParamPlace(String name) implements Place {}

  public record CookiePlace(String name) implements Place {}

  /**
   * A claim that the application gets as a header.
   *
   * @param header lower case
   * @param claim names of nested claims are separated by dots
   */
  public record ClaimHeader(String header, String claim) {}
}
