package io.selvage.control.parse;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import com.google.protobuf.Duration;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.core.v3.RuntimeFeatureFlag;
import io.envoyproxy.envoy.extensions.filters.http.adaptive_concurrency.v3.AdaptiveConcurrency;
import io.envoyproxy.envoy.extensions.filters.http.adaptive_concurrency.v3.GradientControllerConfig;
import io.envoyproxy.envoy.extensions.filters.http.adaptive_concurrency.v3.GradientControllerConfig.ConcurrencyLimitCalculationParams;
import io.envoyproxy.envoy.extensions.filters.http.adaptive_concurrency.v3.GradientControllerConfig.MinimumRTTCalculationParams;
import io.envoyproxy.envoy.type.v3.HttpStatus;
import io.envoyproxy.envoy.type.v3.Percent;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Envoy's filter and our section for concurrency that follows latency. */
class ConcurrencyParserTest {
  private static Duration millis(int value) {
    return Duration.newBuilder()
        .setSeconds(value / 1000)
        .setNanos(value % 1000 * 1_000_000)
        .build();
  }

  private static Parsed<io.selvage.engine.model.AdaptiveConcurrency> parse(
      Consumer<GradientControllerConfig.Builder> change) {
    GradientControllerConfig.Builder gradient =
        GradientControllerConfig.newBuilder()
            .setConcurrencyLimitParams(
                ConcurrencyLimitCalculationParams.newBuilder()
                    .setConcurrencyUpdateInterval(millis(250)))
            .setMinRttCalcParams(
                MinimumRTTCalculationParams.newBuilder().setInterval(millis(30_000)));
    change.accept(gradient);
    return parse(AdaptiveConcurrency.newBuilder().setGradientControllerConfig(gradient));
  }

  private static Parsed<io.selvage.engine.model.AdaptiveConcurrency> parse(
      AdaptiveConcurrency.Builder filter) {
    Any any =
        Any.newBuilder()
            .setTypeUrl("type.googleapis.com/" + ConcurrencyParser.TYPE)
            .setValue(filter.build().toByteString())
            .build();
    return Field.read(f -> ConcurrencyParser.filter(any, f));
  }

  @Test
  void whatIsNotSaidIsEnvoysDefault() {
    assertThat(parse(g -> {}).value())
        .isEqualTo(
            new io.selvage.engine.model.AdaptiveConcurrency(
                "",
                0.5,
                1000,
                java.time.Duration.ofMillis(250),
                java.time.Duration.ofSeconds(30),
                null,
                50,
                0.15,
                3,
                0.25,
                503));
  }

  @Test
  void everyFieldIsRead() {
    AdaptiveConcurrency.Builder filter =
        AdaptiveConcurrency.newBuilder()
            .setConcurrencyLimitExceededStatus(HttpStatus.newBuilder().setCodeValue(429))
            .setGradientControllerConfig(
                GradientControllerConfig.newBuilder()
                    .setSampleAggregatePercentile(Percent.newBuilder().setValue(90))
                    .setConcurrencyLimitParams(
                        ConcurrencyLimitCalculationParams.newBuilder()
                            .setMaxConcurrencyLimit(UInt32Value.of(77))
                            .setConcurrencyUpdateInterval(millis(200)))
                    .setMinRttCalcParams(
                        MinimumRTTCalculationParams.newBuilder()
                            .setFixedValue(millis(7))
                            .setRequestCount(UInt32Value.of(9))
                            .setJitter(Percent.newBuilder().setValue(20))
                            .setMinConcurrency(UInt32Value.of(5))
                            .setBuffer(Percent.newBuilder().setValue(10))));
    assertThat(parse(filter).value())
        .isEqualTo(
            new io.selvage.engine.model.AdaptiveConcurrency(
                "",
                0.9,
                77,
                java.time.Duration.ofMillis(200),
                java.time.Duration.ZERO,
                java.time.Duration.ofMillis(7),
                9,
                0.2,
                5,
                0.1,
                429));
  }

  @Test
  void whatEnvoyRefusesIsRefused() {
    String at = "gradient_controller_config.";
    assertThat(parse(AdaptiveConcurrency.newBuilder()).reasons())
        .singleElement()
        .asString()
        .startsWith("gradient_controller_config: must be there");
    assertThat(parse(g -> g.clearConcurrencyLimitParams()).reasons())
        .singleElement()
        .asString()
        .startsWith(at + "concurrency_limit_params.concurrency_update_interval: must be at least");
    assertThat(parse(g -> g.clearMinRttCalcParams()).reasons())
        .singleElement()
        .asString()
        .startsWith(at + "min_rtt_calc_params: neither interval nor fixed_value");
    assertThat(
            parse(
                    g ->
                        g.setMinRttCalcParams(
                            MinimumRTTCalculationParams.newBuilder()
                                .setInterval(millis(1000))
                                .setRequestCount(UInt32Value.of(0))))
                .reasons())
        .singleElement()
        .asString()
        .startsWith(at + "min_rtt_calc_params.request_count: must be at least 1");
    assertThat(
            parse(g -> g.setSampleAggregatePercentile(Percent.newBuilder().setValue(101)))
                .reasons())
        .singleElement()
        .asString()
        .startsWith(at + "sample_aggregate_percentile: must be 0 to 100");
  }

  @Test
  void aFilterThatIsOffLetsEverythingPass() {
    AdaptiveConcurrency.Builder off =
        AdaptiveConcurrency.newBuilder()
            .setEnabled(RuntimeFeatureFlag.newBuilder().setDefaultValue(BoolValue.of(false)))
            .setGradientControllerConfig(
                GradientControllerConfig.newBuilder()
                    .setConcurrencyLimitParams(
                        ConcurrencyLimitCalculationParams.newBuilder()
                            .setConcurrencyUpdateInterval(millis(200)))
                    .setMinRttCalcParams(
                        MinimumRTTCalculationParams.newBuilder().setInterval(millis(1000))));
    Any any =
        Any.newBuilder()
            .setTypeUrl("type.googleapis.com/" + ConcurrencyParser.TYPE)
            .setValue(off.build().toByteString())
            .build();
    Parsed<Boolean> parsed = Field.read(f -> ConcurrencyParser.filter(any, f) == null);
    assertThat(parsed.reasons()).isEmpty();
    assertThat(parsed.value()).isTrue();
  }

  @Test
  void theSectionTakesEnvoysWords() {
    Map<String, Object> section =
        Map.of(
            "sampleAggregatePercentile",
            90,
            "maxConcurrencyLimit",
            50,
            "concurrencyUpdateInterval",
            "200ms",
            "minRtt",
            Map.of(
                "interval",
                "10s",
                "requestCount",
                20,
                "jitter",
                5,
                "minConcurrency",
                2,
                "buffer",
                50));
    assertThat(section("adaptiveConcurrency", section).value())
        .isEqualTo(
            new io.selvage.engine.model.AdaptiveConcurrency(
                "default/p",
                0.9,
                50,
                java.time.Duration.ofMillis(200),
                java.time.Duration.ofSeconds(10),
                null,
                20,
                0.05,
                2,
                0.5,
                503));
    assertThat(section("adaptiveConcurrency", Map.of("minRtt", Map.of("fixedValue", "2ms"))))
        .satisfies(
            p ->
                assertThat(Objects.requireNonNull(p.value()).fixedMinRtt())
                    .isEqualTo(java.time.Duration.ofMillis(2)));
    assertThat(section("adaptiveConcurrency", Map.of("maxConcurrency", 5)).reasons())
        .singleElement()
        .asString()
        .contains("adaptiveConcurrency.maxConcurrency: unknown");
    assertThat(
            section(
                    "adaptiveConcurrency",
                    Map.of("minRtt", Map.of("fixedValue", "2ms", "interval", "2s")))
                .reasons())
        .singleElement()
        .asString()
        .contains("minRtt.fixedValue: not with interval");
  }

  private static Parsed<io.selvage.engine.model.AdaptiveConcurrency> section(
      String name, Map<String, ?> section) {
    Map<String, Object> own = Map.of("policy", "default/p", name, section);
    return Field.read(
        f ->
            Options.read(
                OwnMetadataTest.value(own).getStructValue(), f, ConcurrencyParser::section));
  }
}
