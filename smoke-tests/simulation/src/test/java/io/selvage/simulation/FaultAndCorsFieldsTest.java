package io.selvage.simulation;

import static io.selvage.simulation.Bookinfo.CALLER;
import static io.selvage.simulation.Bookinfo.route;
import static io.selvage.simulation.Bookinfo.routed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.selvage.engine.model.Cors;
import io.selvage.engine.model.Fault;
import io.selvage.engine.model.StringMatch;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code VirtualService.http.fault} and {@code corsPolicy}, field by field. */
class FaultAndCorsFieldsTest {
  private static SimulatedMesh doing(String fields) {
    return routed("- " + fields + "\n  route: [{destination: {host: reviews}}]\n");
  }

  private static Fault fault(String fault) {
    return route(doing("fault: " + fault), 0).fault();
  }

  @Test
  @Tag("field=VirtualService.http.fault.delay.fixedDelay")
  @Tag("field=VirtualService.http.fault.delay.percentage")
  @Tag("field=VirtualService.http.fault.delay.percent")
  void delays() {
    assertThat(fault("{delay: {fixedDelay: 3s}}").delay()).isEqualTo(Duration.ofSeconds(3));
    assertThat(fault("{delay: {fixedDelay: 3s}}").delayFraction()).isCloseTo(1, within(1e-6));
    assertThat(fault("{delay: {fixedDelay: 3s, percentage: {value: 0.5}}}").delayFraction())
        .isCloseTo(0.005, within(1e-6));
    assertThat(fault("{delay: {fixedDelay: 3s, percent: 20}}").delayFraction())
        .isCloseTo(0.2, within(1e-6));
  }

  @Test
  @Tag("field=VirtualService.http.fault.abort.httpStatus")
  @Tag("field=VirtualService.http.fault.abort.percentage")
  void abortsByStatus() {
    assertThat(
            doing("fault: {abort: {httpStatus: 555}}")
                .get(CALLER, "reviews", 9080, "/")
                .rejection()
                .httpStatus())
        .isEqualTo(555);
    assertThat(fault("{abort: {httpStatus: 555, percentage: {value: 25}}}").abortFraction())
        .isCloseTo(0.25, within(1e-6));
    assertThat(
            doing("fault: {abort: {httpStatus: 555, percentage: {value: 0}}}")
                .get(CALLER, "reviews", 9080, "/")
                .rejection())
        .isNull();
  }

  @Test
  @Tag("field=VirtualService.http.fault.abort.grpcStatus")
  void abortsByGrpcStatus() {
    assertThat(fault("{abort: {grpcStatus: UNAVAILABLE}}").abortGrpcStatus()).isEqualTo(14);
    assertThat(fault("{abort: {grpcStatus: '8'}}").abortGrpcStatus()).isEqualTo(8);
  }

  private static Cors cors(String policy) {
    return route(doing("corsPolicy: " + policy), 0).cors();
  }

  @Test
  @Tag("field=VirtualService.http.corsPolicy.allowOrigins")
  @Tag("field=VirtualService.http.corsPolicy.allowOrigin")
  void origins() {
    assertThat(
            cors("{allowOrigins: [{exact: 'https://a'}, {prefix: 'https://b'}, {regex: 'x.*'}]}")
                .allowOrigins())
        .containsExactly(
            new StringMatch.Exact("https://a", false),
            new StringMatch.Prefix("https://b", false),
            new StringMatch.Regex("x.*"));
    assertThat(cors("{allowOrigin: ['https://a']}").allowOrigins())
        .containsExactly(new StringMatch.Exact("https://a", false));
  }

  @Test
  @Tag("field=VirtualService.http.corsPolicy.allowMethods")
  @Tag("field=VirtualService.http.corsPolicy.allowHeaders")
  @Tag("field=VirtualService.http.corsPolicy.exposeHeaders")
  @Tag("field=VirtualService.http.corsPolicy.maxAge")
  @Tag("field=VirtualService.http.corsPolicy.allowCredentials")
  void whatIsAllowed() {
    Cors cors =
        cors(
            "{allowOrigins: [{exact: '*'}], allowMethods: [GET, PUT], allowHeaders: [x-a, x-b], exposeHeaders: [x-c], maxAge: 24h, allowCredentials: true}");
    assertThat(String.join(",", cors.allowMethods())).isEqualTo("GET,PUT");
    assertThat(String.join(",", cors.allowHeaders())).isEqualTo("x-a,x-b");
    assertThat(String.join(",", cors.exposeHeaders())).isEqualTo("x-c");
    assertThat(cors.maxAge()).isEqualTo(Duration.ofHours(24));
    assertThat(cors.allowCredentials()).isTrue();
    assertThat(cors("{allowOrigins: [{exact: '*'}]}").allowCredentials()).isFalse();
  }

  @Test
  @Tag("field=VirtualService.http.corsPolicy.unmatchedPreflights")
  void preflightsOfOtherOrigins() {
    String policy = "{allowOrigins: [{exact: 'https://a'}], unmatchedPreflights: %s}";
    assertThat(cors(policy.formatted("IGNORE")).forwardsUnmatched()).isFalse();
    assertThat(cors(policy.formatted("FORWARD")).forwardsUnmatched()).isTrue();
    assertThat(cors("{allowOrigins: [{exact: 'https://a'}]}").forwardsUnmatched()).isTrue();
  }
}
