package io.selvage.control.parse;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.MessageLite;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.core.v3.RuntimeFractionalPercent;
import io.envoyproxy.envoy.config.route.v3.RateLimit;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.LocalClusterRateLimit;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.LocalRateLimitDescriptor;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.VhRateLimitsOptions;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.XRateLimitHeadersRFCVersion;
import io.envoyproxy.envoy.extensions.filters.common.fault.v3.FaultDelay;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.FaultAbort;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import io.envoyproxy.envoy.type.v3.TokenBucket;
import io.selvage.engine.model.Fault;
import io.selvage.engine.model.LocalRateLimit.Bucket;
import io.selvage.engine.model.LocalRateLimit.Descriptor;
import io.selvage.engine.model.LocalRateLimit.Entry;
import io.selvage.engine.model.LocalRateLimit.GenericKey;
import io.selvage.engine.model.LocalRateLimit.HostRules;
import io.selvage.engine.model.LocalRateLimit.MaskedRemoteAddress;
import io.selvage.engine.model.LocalRateLimit.QueryParameter;
import io.selvage.engine.model.LocalRateLimit.RequestHeader;
import io.selvage.engine.model.LocalRateLimit.Rule;
import io.selvage.engine.model.LocalRateLimit.SourceCluster;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Local rate limits and faults as a control plane sends them. */
class RateLimitParserTest {
  private static final FractionalPercent HALF =
      FractionalPercent.newBuilder()
          .setNumerator(5_000)
          .setDenominator(FractionalPercent.DenominatorType.TEN_THOUSAND)
          .build();

  private static Any any(String type, MessageLite message) {
    return Any.newBuilder()
        .setTypeUrl("type.googleapis.com/" + type)
        .setValue(message.toByteString())
        .build();
  }

  private static Parsed<io.selvage.engine.model.RouteConfig> parse(
      String type, MessageLite filter, RouteAction.Builder action) {
    return RouteParser.parse(
        RouteConfiguration.newBuilder()
            .setName("r")
            .addVirtualHosts(
                VirtualHost.newBuilder()
                    .setName("v")
                    .addDomains("*")
                    .addRoutes(
                        Route.newBuilder()
                            .setMatch(RouteMatch.newBuilder().setPrefix("/"))
                            .setRoute(action.setCluster("c"))
                            .putTypedPerFilterConfig("filter", any(type, filter))))
            .build());
  }

  private static io.selvage.engine.model.Route route(
      Parsed<io.selvage.engine.model.RouteConfig> parsed) {
    assertThat(parsed.reasons()).isEmpty();
    return parsed.value().virtualHosts().get(0).routes().get(0);
  }

  private static TokenBucket.Builder bucket(int tokens, int seconds) {
    return TokenBucket.newBuilder()
        .setMaxTokens(tokens)
        .setFillInterval(Duration.newBuilder().setSeconds(seconds));
  }

  @Test
  void limitsAndRulesAreRead() {
    LocalRateLimit limit =
        LocalRateLimit.newBuilder()
            .setStatPrefix("p")
            .setTokenBucket(bucket(7, 1).setTokensPerFill(UInt32Value.of(3)))
            .setFilterEnabled(RuntimeFractionalPercent.newBuilder().setDefaultValue(HALF))
            .setFilterEnforced(RuntimeFractionalPercent.newBuilder().setDefaultValue(HALF))
            .setRateLimitedAsResourceExhausted(true)
            .setStage(2)
            .addDescriptors(
                LocalRateLimitDescriptor.newBuilder()
                    .addEntries(RateLimitDescriptor.Entry.newBuilder().setKey("k").setValue("v"))
                    .setTokenBucket(bucket(1, 2)))
            .build();
    RateLimit rule =
        RateLimit.newBuilder()
            .setStage(UInt32Value.of(2))
            .addActions(
                RateLimit.Action.newBuilder()
                    .setRequestHeaders(
                        RateLimit.Action.RequestHeaders.newBuilder()
                            .setHeaderName("X-User")
                            .setDescriptorKey("user")
                            .setSkipIfAbsent(true)))
            .addActions(
                RateLimit.Action.newBuilder()
                    .setGenericKey(
                        RateLimit.Action.GenericKey.newBuilder().setDescriptorValue("all")))
            .build();
    var route =
        route(parse(RateLimitParser.TYPE, limit, RouteAction.newBuilder().addRateLimits(rule)));
    var parsed = route.rateLimit();
    assertThat(parsed.bucket()).isEqualTo(new Bucket(7, 3, java.time.Duration.ofSeconds(1)));
    assertThat(parsed.enabled()).isEqualTo(0.5);
    assertThat(parsed.enforced()).isEqualTo(0.5);
    assertThat(parsed.status()).isEqualTo(429);
    assertThat(parsed.resourceExhausted()).isTrue();
    assertThat(parsed.stage()).isEqualTo(2);
    assertThat(parsed.alwaysDefault()).isTrue();
    assertThat(parsed.descriptors())
        .containsExactly(
            new Descriptor(
                List.of(new Entry("k", "v")), new Bucket(1, 1, java.time.Duration.ofSeconds(2))));
    assertThat(route.rateLimits())
        .containsExactly(
            new Rule(
                2,
                List.of(
                    new RequestHeader("x-user", "user", true),
                    new GenericKey("generic_key", "all"))));
  }

  @Test
  void bucketsThatEnvoyRefusesAreRefused() {
    LocalRateLimit none =
        LocalRateLimit.newBuilder()
            .setTokenBucket(
                TokenBucket.newBuilder()
                    .setMaxTokens(0)
                    .setFillInterval(Duration.newBuilder().setNanos(1_000_000)))
            .build();
    assertThat(parse(RateLimitParser.TYPE, none, RouteAction.newBuilder()).reasons().toString())
        .contains("token_bucket.max_tokens: must be at least 1")
        .contains("token_bucket.fill_interval: must be at least 50 ms");
  }

  @Test
  void faultsThatRequestsControlAreRead() {
    HTTPFault fault =
        HTTPFault.newBuilder()
            .setDelay(
                FaultDelay.newBuilder()
                    .setHeaderDelay(FaultDelay.HeaderDelay.getDefaultInstance())
                    .setPercentage(HALF))
            .setAbort(
                FaultAbort.newBuilder()
                    .setHeaderAbort(FaultAbort.HeaderAbort.getDefaultInstance())
                    .setPercentage(FractionalPercent.newBuilder().setNumerator(3)))
            .setMaxActiveFaults(UInt32Value.of(4))
            .addDownstreamNodes("n")
            .setUpstreamCluster("u")
            .build();
    Fault parsed = route(parse(FaultParser.TYPE, fault, RouteAction.newBuilder())).fault();
    assertThat(parsed.delayFraction()).isEqualTo(0.5);
    assertThat(parsed.abortFraction()).isEqualTo(0.03);
    assertThat(parsed.control()).isEqualTo(new Fault.Control(10_000, 100, 4, Set.of("n"), "u"));
  }

  @Test
  void faultsThatSayNothingAreRefused() {
    HTTPFault empty =
        HTTPFault.newBuilder()
            .setDelay(FaultDelay.getDefaultInstance())
            .setAbort(FaultAbort.getDefaultInstance())
            .build();
    assertThat(parse(FaultParser.TYPE, empty, RouteAction.newBuilder()).reasons()).hasSize(2);
  }

  @Test
  void rulesOfFilterRouteAndHostAreRead() {
    LocalRateLimit limit =
        LocalRateLimit.newBuilder()
            .setTokenBucket(bucket(7, 1))
            .setVhRateLimits(VhRateLimitsOptions.INCLUDE)
            .setEnableXRatelimitHeaders(XRateLimitHeadersRFCVersion.DRAFT_VERSION_03)
            .setMaxDynamicDescriptors(UInt32Value.of(5))
            .addRateLimits(
                RateLimit.newBuilder()
                    .addActions(
                        RateLimit.Action.newBuilder()
                            .setSourceCluster(RateLimit.Action.SourceCluster.getDefaultInstance()))
                    .addActions(
                        RateLimit.Action.newBuilder()
                            .setQueryParameters(
                                RateLimit.Action.QueryParameters.newBuilder()
                                    .setQueryParameterName("t")
                                    .setDescriptorKey("tenant")))
                    .addActions(
                        RateLimit.Action.newBuilder()
                            .setMaskedRemoteAddress(
                                RateLimit.Action.MaskedRemoteAddress.newBuilder()
                                    .setV4PrefixMaskLen(UInt32Value.of(24)))))
            .build();
    var parsed = route(parse(RateLimitParser.TYPE, limit, RouteAction.newBuilder())).rateLimit();
    assertThat(parsed.hosts()).isEqualTo(HostRules.INCLUDE);
    assertThat(parsed.tells()).isTrue();
    assertThat(parsed.mostDynamic()).isEqualTo(5);
    assertThat(parsed.own())
        .containsExactly(
            new Rule(
                0,
                List.of(
                    new SourceCluster(),
                    new QueryParameter("t", "tenant", false),
                    new MaskedRemoteAddress(24, 128))));
  }

  @Test
  void whatWouldLetMoreThroughThanMeantIsRefused() {
    LocalRateLimit limit =
        LocalRateLimit.newBuilder()
            .setTokenBucket(bucket(7, 1))
            .setLocalRateLimitPerDownstreamConnection(true)
            .setLocalClusterRateLimit(LocalClusterRateLimit.getDefaultInstance())
            .build();
    assertThat(parse(RateLimitParser.TYPE, limit, RouteAction.newBuilder()).reasons().toString())
        .contains("local_rate_limit_per_downstream_connection: not supported")
        .contains("local_cluster_rate_limit: not supported");
    RateLimit rule =
        RateLimit.newBuilder()
            .addActions(
                RateLimit.Action.newBuilder()
                    .setMetadata(RateLimit.Action.MetaData.newBuilder().setDescriptorKey("k")))
            .build();
    assertThat(
            parse(
                    RateLimitParser.TYPE,
                    LocalRateLimit.newBuilder().setTokenBucket(bucket(7, 1)).build(),
                    RouteAction.newBuilder().addRateLimits(rule))
                .reasons())
        .singleElement()
        .asString()
        .contains("route.rate_limits[0].actions[0]: action not supported: METADATA");
  }
}
