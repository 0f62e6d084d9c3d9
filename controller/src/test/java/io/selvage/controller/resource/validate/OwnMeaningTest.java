package io.selvage.controller.resource.validate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.SelvageKinds;
import io.selvage.controller.resource.Violation;
import io.selvage.controller.resource.YamlDocuments;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each case changes one thing in a good document of our own kinds and names field and reason. */
class OwnMeaningTest {
  private static List<Violation> judged(Kind kind, String spec) {
    try {
      ObjectNode document =
          (ObjectNode)
              YamlDocuments.parse("{metadata: {name: x, namespace: n}, spec: {" + spec + "}}")
                  .get(0);
      document.put("apiVersion", kind.apiVersion()).put("kind", kind.kind());
      Validation validation = Validation.of(kind, document);
      assertThat(validation.unknownFields()).isEmpty();
      return validation.violations();
    } catch (YamlDocuments.MalformedException e) {
      throw new AssertionError(e);
    }
  }

  private static void expect(Kind kind, String spec, String field, String words) {
    List<Violation> found = judged(kind, spec);
    if (field.equals("-")) {
      assertThat(found).isEmpty();
    } else {
      assertThat(found)
          .singleElement()
          .satisfies(v -> assertThat(v.field()).isEqualTo(field))
          .satisfies(v -> assertThat(v.code()).startsWith("SELV-71"))
          .satisfies(v -> assertThat(v.text()).contains(words));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "bulkhead: {maxConcurrentCalls: 5} | - | ",
        "bulkhead: {maxConcurrentCalls: 0} | spec.bulkhead.maxConcurrentCalls | 1",
        "bulkhead: {maxWaitingCalls: 5} | spec.bulkhead.maxWaitDuration | with maxWaitingCalls",
        "bulkhead: {maxWaitDuration: 5s} | spec.bulkhead.maxWaitingCalls | with maxWaitDuration",
        "bulkhead: {maxWaitingCalls: 5, maxWaitDuration: 50ms} | - | ",
        "loadBalancer: {simple: PEAK_EWMA, decayTime: 5s, defaultRtt: 1ms} | - | ",
        "loadBalancer: {simple: RANDOM} | spec.loadBalancer.simple | PEAK_EWMA",
        "loadBalancer: {} | spec.loadBalancer.simple | ",
        "hedging: {delay: 50ms, maxAttempts: 3, methods: [GET]} | - | ",
        "hedging: {} | spec.hedging.delay | ",
        "hedging: {delay: 0s} | spec.hedging.delay | 1ms",
        "hedging: {delay: 1s, maxAttempts: 1} | spec.hedging.maxAttempts | 2",
        "adaptiveConcurrency: {} | - | ",
        "adaptiveConcurrency: {sampleAggregatePercentile: 90, concurrencyUpdateInterval: 1s, maxConcurrencyLimit: 9, minRtt: {interval: 9s, requestCount: 5, jitter: 1, minConcurrency: 9, buffer: 5}} | - | ",
        "adaptiveConcurrency: {sampleAggregatePercentile: 101} | spec.adaptiveConcurrency.sampleAggregatePercentile | 100",
        "adaptiveConcurrency: {concurrencyUpdateInterval: 0s} | spec.adaptiveConcurrency.concurrencyUpdateInterval | 1ms",
        "adaptiveConcurrency: {maxConcurrencyLimit: 2} | spec.adaptiveConcurrency.maxConcurrencyLimit | less than minRtt.minConcurrency",
        "adaptiveConcurrency: {minRtt: {interval: 9s, fixedValue: 5ms}} | spec.adaptiveConcurrency.minRtt.fixedValue | not with interval",
        "adaptiveConcurrency: {minRtt: {requestCount: 0}} | spec.adaptiveConcurrency.minRtt.requestCount | 1",
        "circuitBreaker: {} | - | ",
        "circuitBreaker: {slidingWindowType: TIME} | spec.circuitBreaker.slidingWindowType | COUNT_BASED",
        "circuitBreaker: {slidingWindowSize: 0} | spec.circuitBreaker.slidingWindowSize | 1",
        "circuitBreaker: {slidingWindowType: TIME_BASED, slidingWindowSize: 4000} | spec.circuitBreaker.slidingWindowSize | at most 3600",
        "circuitBreaker: {slidingWindowSize: 10, minimumNumberOfCalls: 20} | spec.circuitBreaker.minimumNumberOfCalls | never holds",
        "circuitBreaker: {slidingWindowType: TIME_BASED, slidingWindowSize: 10, minimumNumberOfCalls: 20} | - | ",
        "circuitBreaker: {failureRateThreshold: 0} | spec.circuitBreaker.failureRateThreshold | 0.1",
        "circuitBreaker: {failureRateThreshold: 101} | spec.circuitBreaker.failureRateThreshold | 100",
        "circuitBreaker: {slowCallDurationThreshold: 0s} | spec.circuitBreaker.slowCallDurationThreshold | 1ms",
        "circuitBreaker: {waitDurationInOpenState: soon} | spec.circuitBreaker.waitDurationInOpenState | duration",
        "circuitBreaker: {record: {statuses: ['6xx']}} | spec.circuitBreaker.record.statuses[0] | ",
        "circuitBreaker: {record: {grpcStatuses: [OK]}} | spec.circuitBreaker.record.grpcStatuses[0] | UNAVAILABLE",
        "circuitBreaker: {scope: POD} | spec.circuitBreaker.scope | ENDPOINT",
        "circuitBreaker: {operations: [{name: a}, {name: a}]} | spec.circuitBreaker.operations[1].name | \"a\"",
        "circuitBreaker: {operations: [{name: a, pathPrefix: a}]} | spec.circuitBreaker.operations[0].pathPrefix | ",
      })
  void sections(String spec, String field, String words) {
    expect(
        SelvageKinds.RESILIENCE_POLICY,
        "targetRefs: [{kind: Service, name: reviews}], " + spec,
        field,
        words == null ? "" : words);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "bulkhead: {} | spec.targetRefs | a Service",
        "targetRefs: [{kind: Service, name: a}] | spec | says nothing",
        "selector: {matchLabels: {app: a}}, propagation: {retries: DISABLED} | - | ",
        "selector: {matchLabels: {app: a}} | spec | propagation",
        "selector: {matchLabels: {app: a}}, adaptiveConcurrency: {} | - | ",
        "selector: {}, rateLimit: {rules: [{requests: 5}]} | - | ",
        "selector: {}, rateLimit: {maxCallers: 9, responseHeaders: true, rules: [{principals: ['a/*'], namespaces: [b], by: HEADER, header: x-t, requests: 5, interval: 1m, burst: 9}]} | - | ",
        "selector: {}, rateLimit: {rules: [{by: HEADER, requests: 5}]} | spec.rateLimit.rules[0].header | the header",
        "selector: {}, rateLimit: {rules: [{header: x-t, requests: 5}]} | spec.rateLimit.rules[0].header | only with",
        "selector: {}, rateLimit: {rules: [{by: HEADER, header: 'a b', requests: 5}]} | spec.rateLimit.rules[0].header | a b",
        "selector: {}, rateLimit: {rules: [{by: PRINCIPAL}]} | spec.rateLimit.rules[0].requests | ",
        "selector: {}, rateLimit: {rules: []} | spec.rateLimit.rules | 1",
        "targetRefs: [{kind: Service, name: a}], rateLimit: {rules: [{requests: 5}]} | spec.rateLimit | give selector",
        "selector: {}, bulkhead: {} | spec.bulkhead | give targetRefs",
        "targetRefs: [{kind: Service, name: a}], propagation: {} | spec.propagation | give selector",
        "targetRefs: [{kind: Service, name: a}], selector: {}, bulkhead: {} | spec.targetRefs | not both",
        "selector: {}, propagation: {deadlines: 'OFF'} | spec.propagation.deadlines | DISABLED",
        "targetRefs: [{kind: Pod, name: a}], bulkhead: {} | spec.targetRefs[0].kind | ServiceEntry",
        "targetRefs: [{kind: Service, group: apps, name: a}], bulkhead: {} | spec.targetRefs[0].group | is of group",
        "targetRefs: [{kind: ServiceEntry, name: a}], bulkhead: {} | spec.targetRefs[0].group | networking.istio.io",
        "targetRefs: [{kind: Service, name: a}, {kind: Service, name: a}], bulkhead: {} | spec.targetRefs[1] | \"a\"",
      })
  void targets(String spec, String field, String words) {
    expect(SelvageKinds.RESILIENCE_POLICY, spec, field, words == null ? "" : words);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "selector: {matchLabels: {lane: gray}} | - | ",
        "selector: {} | spec.selector.matchLabels | no base",
        "selector: {matchLabels: {lane: 'gr*'}} | spec.selector.matchLabels[lane] | wildcard",
        "selector: {matchLabels: {l: g}}, entries: [{selector: {}, percentage: 120}] | spec.entries[0].percentage | 100",
        "selector: {matchLabels: {l: g}}, entries: [{selector: {}, match: [{headers: {x: {regex: '(a'}}}]}] | spec.entries[0].match[0].headers[x].regex | not an RE2",
        "selector: {matchLabels: {l: g}}, entries: [{selector: {}, match: [{uri: {exact: /a, prefix: /b}}]}] | spec.entries[0].match[0].uri | at most one",
        "selector: {matchLabels: {l: g}}, entries: [{selector: {}, percentage: 5, match: [{uri: {prefix: /a}, headers: {end-user: {exact: jason}}, cookies: {lane: {exact: gray}}, queryParams: {debug: {}}}]}] | - | ",
      })
  void lanes(String spec, String field, String words) {
    expect(SelvageKinds.TRAFFIC_LANE, spec, field, words == null ? "" : words);
  }
}
