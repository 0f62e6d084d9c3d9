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

/** Each case is one spec of a DatabasePolicy, and the field and words of what is wrong with it. */
class DatabaseMeaningTest {
  private static final String TARGET = "targetRefs: [{kind: Service, name: db}]";

  private static List<Violation> judged(String spec) {
    Kind kind = SelvageKinds.DATABASE_POLICY;
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

  private static void expect(String spec, String field, String words) {
    List<Violation> found = judged(spec);
    if (field.equals("-")) {
      assertThat(found).isEmpty();
    } else {
      assertThat(found)
          .singleElement()
          .satisfies(v -> assertThat(v.field()).isEqualTo(field))
          .satisfies(v -> assertThat(v.code()).startsWith("SELV-71"))
          .satisfies(v -> assertThat(v.text()).contains(words == null ? "" : words));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "audit: {} | - |",
        "audit: {maxDigests: 0} | spec.audit.maxDigests | 1",
        "audit: {interval: 0s} | spec.audit.interval | 1ms",
        "statements: {writes: PROHIBIT} | - |",
        "statements: {writes: NEVER} | spec.statements.writes | PROHIBIT",
        "statements: {timeout: soon} | spec.statements.timeout | duration",
        "statements: {readingFunctions: ['']} | spec.statements.readingFunctions[0] |",
        "readOnly: {replicas: [{host: r, port: 5432}]} | - |",
        "readOnly: {replicas: []} | spec.readOnly.replicas | 1",
        "readOnly: {} | spec.readOnly.replicas |",
        "readOnly: {replicas: [{host: r}]} | spec.readOnly.replicas[0].port |",
        "readOnly: {replicas: [{host: '*.r', port: 1}]} | spec.readOnly.replicas[0].host | DNS name",
        "readOnly: {replicas: [{host: r, port: 0}]} | spec.readOnly.replicas[0].port | 1",
        "readOnly: {replicas: [{host: r, port: 1}], fallback: NONE} | spec.readOnly.fallback | PRIMARY",
        "connect: {attempts: 0} | spec.connect.attempts | 1",
        "connect: {timeout: 0s} | spec.connect.timeout | 1ms",
        "connect: {failover: [{host: 'a b', port: 1}]} | spec.connect.failover[0].host | DNS name",
        "circuitBreaker: {slidingWindowSize: 10, minimumNumberOfCalls: 20} | spec.circuitBreaker.minimumNumberOfCalls | never holds",
        "circuitBreaker: {failureRateThreshold: 0} | spec.circuitBreaker.failureRateThreshold | 0.1",
        "bulkhead: {maxConcurrentStatements: 0} | spec.bulkhead.maxConcurrentStatements | 1",
        "callers: [{principals: ['*'], statementsPerSecond: 5}] | - |",
        "callers: [{principals: ['*'], burst: 5, writes: ALLOW}] | spec.callers[0].statementsPerSecond | with burst",
        "callers: [{principals: ['*']}] | spec.callers[0] | limits nothing",
        "callers: [{writes: PROHIBIT}, {principals: [a], writes: ALLOW}] | spec.callers[1] | never reached",
        "callers: [{principals: ['spiffe://a/b'], writes: PROHIBIT}] | spec.callers[0].principals[0] | without spiffe://",
        "databases: [a, a], audit: {} | spec.databases[1] | \"a\"",
        "selector: {matchLabels: {a: '*'}}, audit: {} | spec.selector.matchLabels[a] | wildcard",
        "addresses: [{host: '*.rds.example', port: 5432}], audit: {} | - |",
        "addresses: [{host: a, port: 1}, {host: a, port: 1}], audit: {} | spec.addresses[1] | \"a:1\"",
        "databases: [a] | spec | says nothing",
      })
  void sections(String spec, String field, String words) {
    expect(TARGET + ", " + spec, field, words);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "audit: {} | spec | governs no database",
        "targetRefs: [{kind: Pod, name: a}], audit: {} | spec.targetRefs[0].kind | ServiceEntry",
        "targetRefs: [{group: apps, kind: Service, name: a}], audit: {} | spec.targetRefs[0].group | apps",
        "targetRefs: [{kind: ServiceEntry, name: a}], audit: {} | spec.targetRefs[0].group | networking.istio.io",
        "targetRefs: [{kind: Service, name: a}, {kind: Service, name: a}], audit: {} | spec.targetRefs[1] | \"a\"",
      })
  void targets(String spec, String field, String words) {
    expect(spec, field, words);
  }
}
