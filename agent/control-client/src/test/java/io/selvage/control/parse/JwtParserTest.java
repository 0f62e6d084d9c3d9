package io.selvage.control.parse;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Duration;
import com.google.protobuf.Empty;
import com.google.protobuf.InvalidProtocolBufferException;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.HttpUri;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.FilterStateRule;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtHeader;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtProvider;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtRequirement;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtRequirementOrList;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.RemoteJwks;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.RequirementRule;
import io.selvage.engine.model.JwtAuthn;
import io.selvage.engine.model.JwtProvider.HeaderPlace;
import io.selvage.engine.model.JwtProvider.ParamPlace;
import io.selvage.engine.model.JwtProvider.RemoteKeys;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What the agent makes of filters for tokens; what it does not know is refused with its path. */
class JwtParserTest {
  private static final JwtProvider PROVIDER =
      JwtProvider.newBuilder()
          .setIssuer("i")
          .setLocalJwks(DataSource.newBuilder().setInlineString("{}"))
          .build();

  private static JwtAuthentication with(JwtProvider.Builder provider) {
    return JwtAuthentication.newBuilder()
        .putProviders("p", provider.build())
        .addRules(rule(JwtRequirement.newBuilder().setProviderName("p")))
        .build();
  }

  private static RequirementRule.Builder rule(JwtRequirement.Builder needed) {
    return RequirementRule.newBuilder()
        .setMatch(RouteMatch.newBuilder().setPrefix("/"))
        .setRequires(needed);
  }

  private static Parsed<JwtAuthn> parse(JwtAuthentication config) {
    return Field.read(f -> JwtParser.parse(Samples.any(JwtParser.TYPE, config), f));
  }

  @Test
  void defaultsAreEnvoys() {
    JwtAuthn parsed =
        parse(
                with(
                    PROVIDER.toBuilder()
                        .setRemoteJwks(
                            RemoteJwks.newBuilder()
                                .setHttpUri(
                                    HttpUri.newBuilder()
                                        .setUri("https://a.example/k")
                                        .setTimeout(Duration.newBuilder().setSeconds(60))))))
            .value();
    var provider = parsed.providers().get("p");
    assertThat(provider.places())
        .containsExactly(
            new HeaderPlace("authorization", "Bearer "), new ParamPlace("access_token"));
    assertThat(provider.clockSkew()).isEqualTo(java.time.Duration.ofSeconds(60));
    assertThat(provider.keys())
        .isEqualTo(
            new RemoteKeys(
                "https://a.example/k",
                java.time.Duration.ofSeconds(5),
                java.time.Duration.ofMinutes(10)));
  }

  static List<Arguments> mutants() throws InvalidProtocolBufferException {
    byte[] unknown = {(byte) 0xf8, 0x7f, 1};
    JwtProvider later =
        JwtProvider.parseFrom(
            PROVIDER.toByteString().concat(com.google.protobuf.ByteString.copyFrom(unknown)));
    JwtAuthentication laterFilter =
        JwtAuthentication.parseFrom(
            with(PROVIDER.toBuilder())
                .toByteString()
                .concat(com.google.protobuf.ByteString.copyFrom(unknown)));
    JwtRequirement.Builder alone =
        JwtRequirement.newBuilder()
            .setRequiresAny(
                JwtRequirementOrList.newBuilder()
                    .addRequirements(
                        JwtRequirement.newBuilder().setAllowMissing(Empty.getDefaultInstance())));
    return List.of(
        Arguments.of("providers[p]: holds fields", with(later.toBuilder())),
        Arguments.of("holds fields", laterFilter),
        Arguments.of("providers[p]: neither", with(PROVIDER.toBuilder().clearLocalJwks())),
        Arguments.of(
            "providers[p].local_jwks",
            with(PROVIDER.toBuilder().setLocalJwks(DataSource.newBuilder().setFilename("/etc/k")))),
        Arguments.of(
            "providers[p].failed_status_in_metadata",
            with(PROVIDER.toBuilder().setFailedStatusInMetadata("x"))),
        Arguments.of(
            "providers[p].from_headers[0].name",
            with(PROVIDER.toBuilder().addFromHeaders(JwtHeader.newBuilder().setName("a b")))),
        Arguments.of(
            "providers[p].forward_payload_header",
            with(PROVIDER.toBuilder().setForwardPayloadHeader("a\nb"))),
        Arguments.of(
            "providers[p].remote_jwks.http_uri.uri",
            with(
                PROVIDER.toBuilder()
                    .setRemoteJwks(
                        RemoteJwks.newBuilder()
                            .setHttpUri(HttpUri.newBuilder().setUri("file:///etc/passwd"))))),
        Arguments.of(
            "providers[p].remote_jwks.http_uri.uri",
            with(
                PROVIDER.toBuilder()
                    .setRemoteJwks(
                        RemoteJwks.newBuilder()
                            .setHttpUri(HttpUri.newBuilder().setUri("http://a@b/"))))),
        Arguments.of(
            "filter_state_rules",
            with(PROVIDER.toBuilder()).toBuilder()
                .setFilterStateRules(FilterStateRule.newBuilder().setName("x"))
                .build()),
        Arguments.of(
            "rules[0].requires.provider_name",
            with(PROVIDER.toBuilder()).toBuilder()
                .setRules(0, rule(JwtRequirement.newBuilder().setProviderName("other")))
                .build()),
        Arguments.of(
            "rules[0].requires.requires_any.requirements",
            with(PROVIDER.toBuilder()).toBuilder().setRules(0, rule(alone)).build()),
        Arguments.of(
            "rules[0].requirement_name",
            with(PROVIDER.toBuilder()).toBuilder()
                .setRules(
                    0,
                    RequirementRule.newBuilder()
                        .setMatch(RouteMatch.newBuilder().setPrefix("/"))
                        .setRequirementName("none"))
                .build()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("mutants")
  void whatIsNotUnderstoodIsRefused(String path, JwtAuthentication config) {
    Parsed<JwtAuthn> parsed = parse(config);
    assertThat(parsed.value()).isNull();
    assertThat(parsed.reasons()).anyMatch(reason -> reason.contains(path));
  }
}
