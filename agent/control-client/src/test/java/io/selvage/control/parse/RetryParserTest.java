package io.selvage.control.parse;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Struct;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.config.route.v3.HedgePolicy;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy.RateLimitedRetryBackOff;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy.ResetHeader;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy.ResetHeaderFormat;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy.RetryBackOff;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy.RetryHostPredicate;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy.RetryPriority;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.retry.host.omit_host_metadata.v3.OmitHostMetadataConfig;
import io.envoyproxy.envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig;
import io.selvage.engine.model.RetryPolicy.Avoidance;
import io.selvage.engine.model.RetryPolicy.RateLimitedBackOff;
import io.selvage.engine.model.RoutePolicy;
import io.selvage.engine.model.VirtualHost.AttemptHeaders;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Retry policies, hedging and durations as a control plane sends them. */
class RetryParserTest {
  private static Duration millis(long value) {
    return Duration.newBuilder()
        .setSeconds(value / 1000)
        .setNanos((int) (value % 1000) * 1_000_000)
        .build();
  }

  private static Any any(String type, MessageLite message) {
    return Any.newBuilder()
        .setTypeUrl("type.googleapis.com/" + type)
        .setValue(message.toByteString())
        .build();
  }

  private static Parsed<io.selvage.engine.model.RouteConfig> parse(
      VirtualHost.Builder host, RouteAction.Builder action) {
    return RouteParser.parse(
        RouteConfiguration.newBuilder()
            .setName("r")
            .addVirtualHosts(
                host.setName("v")
                    .addDomains("*")
                    .addRoutes(
                        Route.newBuilder()
                            .setMatch(RouteMatch.newBuilder().setPrefix("/"))
                            .setRoute(action.setCluster("c"))))
            .build());
  }

  private static io.selvage.engine.model.RouteAction.Forward forward(
      VirtualHost.Builder host, RouteAction.Builder action) {
    var parsed = parse(host, action);
    assertThat(parsed.reasons()).isEmpty();
    return (io.selvage.engine.model.RouteAction.Forward)
        parsed.value().virtualHosts().get(0).routes().get(0).action();
  }

  private static io.selvage.engine.model.RetryPolicy retry(RetryPolicy.Builder policy) {
    return forward(VirtualHost.newBuilder(), RouteAction.newBuilder().setRetryPolicy(policy))
        .retry();
  }

  private static String refusal(RetryPolicy.Builder policy) {
    return String.join(
        "; ",
        parse(VirtualHost.newBuilder(), RouteAction.newBuilder().setRetryPolicy(policy)).reasons());
  }

  @Test
  void allFieldsAreRead() {
    var policy =
        retry(
            RetryPolicy.newBuilder()
                .setRetryOn(" 5xx, 418,unavailable")
                .setNumRetries(UInt32Value.of(7))
                .setPerTryTimeout(millis(100))
                .setPerTryIdleTimeout(millis(200))
                .addRetriableStatusCodes(503)
                .addRetriableHeaders(HeaderMatcher.newBuilder().setName("x").setPresentMatch(true))
                .addRetriableRequestHeaders(
                    HeaderMatcher.newBuilder().setName("y").setPresentMatch(true))
                .setHostSelectionRetryMaxAttempts(4)
                .setRetryBackOff(
                    RetryBackOff.newBuilder()
                        .setBaseInterval(millis(10))
                        .setMaxInterval(millis(50)))
                .setRateLimitedRetryBackOff(
                    RateLimitedRetryBackOff.newBuilder()
                        .setMaxInterval(millis(9_000))
                        .addResetHeaders(ResetHeader.newBuilder().setName("Retry-After"))
                        .addResetHeaders(
                            ResetHeader.newBuilder()
                                .setName("x-ratelimit-reset")
                                .setFormat(ResetHeaderFormat.UNIX_TIMESTAMP)))
                .addRetryHostPredicate(
                    RetryHostPredicate.newBuilder()
                        .setName("envoy.retry_host_predicates.previous_hosts"))
                .addRetryHostPredicate(
                    RetryHostPredicate.newBuilder()
                        .setName("envoy.retry_host_predicates.omit_canary_hosts"))
                .addRetryHostPredicate(
                    RetryHostPredicate.newBuilder()
                        .setName("envoy.retry_host_predicates.omit_host_metadata")
                        .setTypedConfig(
                            any(
                                "envoy.extensions.retry.host.omit_host_metadata.v3"
                                    + ".OmitHostMetadataConfig",
                                OmitHostMetadataConfig.newBuilder()
                                    .setMetadataMatch(
                                        Metadata.newBuilder()
                                            .putFilterMetadata(
                                                "envoy.lb",
                                                Struct.newBuilder()
                                                    .putFields(
                                                        "rack",
                                                        Value.newBuilder()
                                                            .setStringValue("b")
                                                            .build())
                                                    .build()))
                                    .build())))
                .setRetryPriority(
                    RetryPriority.newBuilder()
                        .setName("envoy.retry_priorities.previous_priorities")
                        .setTypedConfig(
                            any(
                                "envoy.extensions.retry.priority.previous_priorities.v3"
                                    + ".PreviousPrioritiesConfig",
                                PreviousPrioritiesConfig.newBuilder()
                                    .setUpdateFrequency(2)
                                    .build()))));
    assertThat(policy.on())
        .containsExactlyInAnyOrder("5xx", "unavailable", "retriable-status-codes");
    assertThat(policy.retriableStatusCodes()).containsExactlyInAnyOrder(418, 503);
    assertThat(policy.numRetries()).isEqualTo(7);
    assertThat(policy.perTryTimeout()).isEqualTo(java.time.Duration.ofMillis(100));
    assertThat(policy.perTryIdleTimeout()).isEqualTo(java.time.Duration.ofMillis(200));
    assertThat(policy.retriableHeaders()).hasSize(1);
    assertThat(policy.retriableRequestHeaders()).hasSize(1);
    assertThat(policy.hostSelectionMaxAttempts()).isEqualTo(4);
    assertThat(policy.baseInterval()).isEqualTo(java.time.Duration.ofMillis(10));
    assertThat(policy.maxInterval()).isEqualTo(java.time.Duration.ofMillis(50));
    assertThat(policy.previousHostsRejected()).isTrue();
    assertThat(policy.avoidance()).isEqualTo(new Avoidance(true, Map.of("rack", "b"), 2));
    assertThat(policy.rateLimited())
        .isEqualTo(
            new RateLimitedBackOff(
                List.of(
                    new io.selvage.engine.model.RetryPolicy.ResetHeader("retry-after", false),
                    new io.selvage.engine.model.RetryPolicy.ResetHeader("x-ratelimit-reset", true)),
                java.time.Duration.ofSeconds(9)));
  }

  @Test
  void absentMeansWhatEnvoySays() {
    var policy = retry(RetryPolicy.newBuilder().setRetryOn("5xx"));
    assertThat(policy.numRetries()).isOne();
    assertThat(policy.baseInterval()).isEqualTo(java.time.Duration.ofMillis(25));
    assertThat(policy.maxInterval()).isEqualTo(java.time.Duration.ofMillis(250));
    assertThat(policy.hostSelectionMaxAttempts()).isOne();
    assertThat(policy.perTryTimeout()).isNull();
    assertThat(policy.rateLimited()).isNull();
    assertThat(policy.avoidance()).isEqualTo(Avoidance.NONE);
  }

  @Test
  void whatEnvoyRefusesIsRefused() {
    assertThat(
            refusal(
                RetryPolicy.newBuilder()
                    .setRetryBackOff(
                        RetryBackOff.newBuilder()
                            .setBaseInterval(millis(100))
                            .setMaxInterval(millis(50)))))
        .contains("retry_back_off.max_interval: must not be less than base_interval");
    assertThat(
            refusal(
                RetryPolicy.newBuilder()
                    .setRetryBackOff(RetryBackOff.newBuilder().setMaxInterval(millis(50)))))
        .contains("retry_back_off.base_interval: must be more than 0");
    assertThat(
            refusal(
                RetryPolicy.newBuilder()
                    .setRateLimitedRetryBackOff(RateLimitedRetryBackOff.newBuilder())))
        .contains("rate_limited_retry_back_off.reset_headers: must not be empty");
    assertThat(
            refusal(
                RetryPolicy.newBuilder()
                    .addRetryHostPredicate(RetryHostPredicate.newBuilder().setName("mine"))))
        .contains("retry_host_predicate[0].name: unknown: mine");
    assertThat(
            refusal(
                RetryPolicy.newBuilder()
                    .setRetryPriority(RetryPriority.newBuilder().setName("mine"))))
        .contains("retry_priority.name: unknown: mine");
  }

  @Test
  void virtualHostsPolicyHoldsWhereTheRouteHasNone() {
    VirtualHost.Builder host =
        VirtualHost.newBuilder()
            .setRetryPolicy(
                RetryPolicy.newBuilder().setRetryOn("5xx").setNumRetries(UInt32Value.of(9)))
            .setHedgePolicy(HedgePolicy.newBuilder().setHedgeOnPerTryTimeout(true));
    var inherited = forward(host.clone(), RouteAction.newBuilder());
    assertThat(inherited.retry().numRetries()).isEqualTo(9);
    assertThat(inherited.policy().hedge()).isEqualTo(new RoutePolicy.HedgePolicy(true));
    var own =
        forward(
            host.clone(),
            RouteAction.newBuilder()
                .setRetryPolicy(RetryPolicy.newBuilder().setRetryOn("reset"))
                .setHedgePolicy(HedgePolicy.newBuilder()));
    assertThat(own.retry().on()).containsExactly("reset");
    assertThat(own.retry().numRetries()).isOne();
    assertThat(own.policy().hedge()).isEqualTo(new RoutePolicy.HedgePolicy(false));
  }

  @Test
  void prioritiesAndDurationsAreRead() {
    var policy =
        forward(
                VirtualHost.newBuilder(),
                RouteAction.newBuilder()
                    .setPriority(RoutingPriority.HIGH)
                    .setMaxGrpcTimeout(millis(1))
                    .setGrpcTimeoutOffset(millis(2))
                    .setMaxStreamDuration(
                        RouteAction.MaxStreamDuration.newBuilder()
                            .setMaxStreamDuration(millis(3))
                            .setGrpcTimeoutHeaderMax(millis(4))
                            .setGrpcTimeoutHeaderOffset(millis(5))))
            .policy();
    assertThat(policy.priority()).isEqualTo(io.selvage.engine.model.RoutingPriority.HIGH);
    assertThat(policy.maxGrpcTimeout()).isEqualTo(java.time.Duration.ofMillis(1));
    assertThat(policy.grpcTimeoutOffset()).isEqualTo(java.time.Duration.ofMillis(2));
    assertThat(policy.maxStreamDuration())
        .isEqualTo(
            new RoutePolicy.StreamDuration(
                java.time.Duration.ofMillis(3),
                java.time.Duration.ofMillis(4),
                java.time.Duration.ofMillis(5)));
  }

  @Test
  void requestsThatEnvoyWouldNotSendAreWarnedOf() {
    var parsed =
        parse(
            VirtualHost.newBuilder(),
            RouteAction.newBuilder()
                .setHedgePolicy(HedgePolicy.newBuilder().setInitialRequests(UInt32Value.of(2))));
    assertThat(parsed.reasons()).isEmpty();
    assertThat(parsed.warnings())
        .contains(
            "virtual_hosts[0].routes[0].route.hedge_policy.initial_requests:"
                + " not supported, left out");
  }

  @Test
  void attemptHeadersAreAsTheVirtualHostSays() {
    var told =
        parse(
            VirtualHost.newBuilder()
                .setIncludeRequestAttemptCount(true)
                .setIncludeAttemptCountInResponse(true)
                .setIncludeIsTimeoutRetryHeader(true),
            RouteAction.newBuilder());
    assertThat(told.value().virtualHosts().get(0).attemptHeaders())
        .isEqualTo(new AttemptHeaders(true, true, true));
    var silent = parse(VirtualHost.newBuilder(), RouteAction.newBuilder());
    assertThat(silent.value().virtualHosts().get(0).attemptHeaders())
        .isEqualTo(new AttemptHeaders(false, false, false));
  }
}
