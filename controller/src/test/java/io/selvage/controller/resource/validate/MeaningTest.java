package io.selvage.controller.resource.validate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.Kinds;
import io.selvage.controller.resource.Violation;
import io.selvage.controller.resource.YamlDocuments;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each case changes one thing in a good document and names the field and the reason expected. */
class MeaningTest {
  private static List<String> reasons(Kind kind, String spec) {
    try {
      ObjectNode document =
          (ObjectNode)
              YamlDocuments.parse("{metadata: {name: x, namespace: n}, spec: " + spec + "}").get(0);
      document.put("apiVersion", kind.apiVersion()).put("kind", kind.kind());
      Validation validation = Validation.of(kind, document);
      assertThat(validation.unknownFields()).isEmpty();
      return validation.violations().stream().map(Violation::text).toList();
    } catch (YamlDocuments.MalformedException e) {
      throw new AssertionError(e);
    }
  }

  private static void expect(Kind kind, String spec, String field, String words) {
    if (field.equals("-")) {
      assertThat(reasons(kind, spec)).isEmpty();
    } else {
      assertThat(reasons(kind, spec))
          .singleElement()
          .satisfies(r -> assertThat(r).startsWith(field + ": ").contains(words));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "route: [{destination: {host: a}}] | - | ",
        "route: [{destination: {host: a}, weight: -1}] | [0].route[0].weight | must not be negative",
        "route: [{destination: {host: a}}, {destination: {host: b}}] | [0].route | total destination weight = 0",
        "route: [{destination: {host: a, port: {number: 70000}}}] | [0].route[0].destination.port.number | between 1-65535",
        "route: [{destination: {host: 'a b'}}] | [0].route[0].destination.host | must be a DNS name",
        "route: [{destination: {host: a}}], redirect: {uri: /x} | [0].route | cannot contain both",
        "redirect: {} | [0].redirect | must specify",
        "redirect: {uri: /, redirectCode: 200} | [0].redirect.redirectCode | must be 301, 302, 303, 307 or 308",
        "directResponse: {status: 42} | [0].directResponse.status | between 200 and 599",
        "match: [{uri: {prefix: /}}] | [0].route | must be given",
        "match: [{uri: {regex: '(a'}}], route: [{destination: {host: a}}] | [0].match[0].uri.regex | not an RE2",
        "match: [{uri: {regex: '(?=a)'}}], route: [{destination: {host: a}}] | [0].match[0].uri.regex | not an RE2",
        "match: [{headers: {'a b': {exact: x}}}], route: [{destination: {host: a}}] | [0].match[0].headers | name of a header",
        "match: [{uri: {exact: a, prefix: b}}], route: [{destination: {host: a}}] | [0].match[0].uri | at most one of",
        "timeout: 0s, route: [{destination: {host: a}}] | [0].timeout | greater than 1ms",
        "timeout: 5, route: [{destination: {host: a}}] | [0].timeout | must be of type string",
        "timeout: 5x, route: [{destination: {host: a}}] | [0].timeout | must be a duration",
        "retries: {attempts: 0, perTryTimeout: 1s}, route: [{destination: {host: a}}] | [0].retries.attempts | disabled",
        "retries: {attempts: 1, retryOn: '5xx,oops'}, route: [{destination: {host: a}}] | [0].retries.retryOn | oops",
        "retries: {attempts: 1, retryOn: '5xx, 503,cancelled'}, route: [{destination: {host: a}}] | - | ",
        "fault: {abort: {percentage: {value: 1}}}, route: [{destination: {host: a}}] | [0].fault.abort | httpStatus or grpcStatus",
        "fault: {abort: {httpStatus: 700}}, route: [{destination: {host: a}}] | [0].fault.abort.httpStatus | between 200 and 599",
        "fault: {delay: {fixedDelay: 1s, percentage: {value: 101}}}, route: [{destination: {host: a}}] | [0].fault.delay.percentage | between 0 and 100",
        "rewrite: {}, route: [{destination: {host: a}}] | [0].rewrite | must specify",
        "delegate: {name: d}, route: [{destination: {host: a}}] | [0].delegate | cannot contain route",
        "corsPolicy: {allowMethods: [FETCH]}, route: [{destination: {host: a}}] | [0].corsPolicy.allowMethods[0] | not an HTTP method",
        "headers: {request: {remove: [':path']}}, route: [{destination: {host: a}}] | [0].headers.request.remove | pseudo header",
      })
  void httpRules(String rule, String field, String words) {
    String path = field.equals("-") ? field : "spec.http" + field;
    expect(Kinds.VIRTUAL_SERVICE, "{hosts: [a], http: [{" + rule + "}]}", path, words);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{hosts: [a]} | spec.http | must be provided",
        "{hosts: ['*'], http: [{redirect: {uri: /}}]} | spec.hosts[0] | not allowed",
        "{hosts: ['*'], gateways: [g], http: [{redirect: {uri: /}}]} | - | ",
        "{hosts: [a, a], http: [{redirect: {uri: /}}]} | spec.hosts[1] | Duplicate value",
        "{hosts: [a.b], tls: [{match: [{sniHosts: [c.d]}], route: [{destination: {host: a}}]}]} | spec.tls[0].match[0].sniHosts[0] | compatible subset",
        "{hosts: [a], tcp: [{match: [{destinationSubnets: [10.0.0.0/40]}], route: [{destination: {host: a}}]}]} | spec.tcp[0].match[0].destinationSubnets[0] | CIDR",
        "{hosts: [a], http: [{redirect: {uri: /}}], exportTo: ['*', x]} | spec.exportTo | means nothing more",
      })
  void virtualServices(String spec, String field, String words) {
    expect(Kinds.VIRTUAL_SERVICE, spec, field, words);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{host: a} | - | ",
        "{} | spec.host | Required value",
        "{host: a, subsets: [{name: v1}, {name: v1}]} | spec.subsets[1].name | Duplicate value",
        "{host: a, subsets: [{name: 'V 1'}]} | spec.subsets[0].name | DNS label",
        "{host: a, trafficPolicy: {loadBalancer: {simple: FASTEST}}} | spec.trafficPolicy.loadBalancer.simple | Unsupported value",
        "{host: a, trafficPolicy: {loadBalancer: {simple: RANDOM, consistentHash: {useSourceIp: true}}}} | spec.trafficPolicy.loadBalancer | at most one",
        "{host: a, trafficPolicy: {tls: {mode: MUTUAL, privateKey: k}}} | spec.trafficPolicy.tls.clientCertificate | required for mutual",
        "{host: a, trafficPolicy: {tls: {mode: ISTIO_MUTUAL, sni: x}}} | spec.trafficPolicy.tls.mode | takes certificates",
        "{host: a, trafficPolicy: {outlierDetection: {maxEjectionPercent: 101}}} | spec.trafficPolicy.outlierDetection.maxEjectionPercent | between 0 and 100",
        "{host: a, trafficPolicy: {connectionPool: {http: {maxRetries: -1}}}} | spec.trafficPolicy.connectionPool.http.maxRetries | must not be negative",
        "{host: a, trafficPolicy: {portLevelSettings: [{tls: {mode: DISABLE}}]}} | spec.trafficPolicy.portLevelSettings[0].port.number | must specify a port",
        "{host: a, trafficPolicy: {loadBalancer: {localityLbSetting: {distribute: [{from: r, to: {r: 90}}]}}}} | spec.trafficPolicy.loadBalancer.localityLbSetting.distribute[0].to | != 100",
        "{host: a, trafficPolicy: {loadBalancer: {simple: RANDOM, warmup: {duration: 1s}}}} | spec.trafficPolicy.loadBalancer.warmup | only supported",
      })
  void destinationRules(String spec, String field, String words) {
    expect(Kinds.DESTINATION_RULE, spec, field, words);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{portLevelMtls: {'80': {mode: STRICT}}} | spec | portLevelMtls requires selector",
        "{selector: {matchLabels: {app: a}}, portLevelMtls: {'80': {mode: STRICT}}} | - | ",
        "{selector: {matchLabels: {app: a}}, portLevelMtls: {http: {mode: STRICT}}} | spec.portLevelMtls[http] | must be a port",
        "{mtls: {mode: strict}} | spec.mtls.mode | supported values",
      })
  void peerAuthentications(String spec, String field, String words) {
    expect(Kinds.PEER_AUTHENTICATION, spec, field, words);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | - | ",
        "{action: DENY} | spec.rules | has no effect",
        "{action: CUSTOM, rules: [{}]} | spec.provider.name | must not be empty",
        "{rules: [{from: [{source: {ipBlocks: [10.0.0.300]}}]}]} | spec.rules[0].from[0].source.ipBlocks[0] | CIDR",
        "{rules: [{to: [{operation: {ports: ['http']}}]}]} | spec.rules[0].to[0].operation.ports[0] | between 1-65535",
        "{rules: [{to: [{operation: {paths: ['/a/{id}']}}]}]} | spec.rules[0].to[0].operation.paths[0] | whole segments",
        "{rules: [{to: [{operation: {paths: ['/a/{*}/b/{**}']}}]}]} | - | ",
        "{rules: [{when: [{key: request.colour, values: [x]}]}]} | spec.rules[0].when[0].key | unknown attribute",
        "{rules: [{when: [{key: 'request.headers[x]'}]}]} | spec.rules[0].when[0].values | at least one",
        "{selector: {matchLabels: {a: b}}, targetRefs: [{kind: Service, name: s}]} | spec | only one of targetRefs or selector",
        "{selector: {matchLabels: {a: 'b*'}}} | spec.selector.matchLabels[a] | wildcard",
      })
  void authorizationPolicies(String spec, String field, String words) {
    expect(Kinds.AUTHORIZATION_POLICY, spec, field, words);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{ports: [{port: 80}]} | - | ",
        "{} | spec.ports | needs ports",
        "{ports: [{port: 0}]} | spec.ports[0].port | greater than or equal to 1",
        "{ports: [{port: 80}, {port: 81}]} | spec.ports[0].name | several ports",
        "{type: Magic, ports: [{port: 80}]} | spec.type | supported values",
        "{type: ExternalName} | spec.externalName | a host name",
      })
  void services(String spec, String field, String words) {
    List<String> reasons = reasons(Kinds.SERVICE, spec);
    if (field.equals("-")) {
      assertThat(reasons).isEmpty();
    } else {
      assertThat(reasons.get(0)).startsWith(field + ": ").contains(words);
    }
  }

  @Test
  void anUnknownFieldIsNamedByItsPath() throws YamlDocuments.MalformedException {
    ObjectNode document =
        (ObjectNode)
            YamlDocuments.parse(
                    """
                    metadata: {name: x, namespace: n, extra: 1}
                    spec: {hosts: [a], bogus: 1, http: [{redirect: {uri: /, ur: 2}}]}
                    """)
                .get(0);
    assertThat(Validation.of(Kinds.VIRTUAL_SERVICE, document).unknownFields())
        .containsExactly("metadata.extra", "spec.bogus", "spec.http[0].redirect.ur");
  }

  @ParameterizedTest
  @Tag("field=VirtualService.http.fault.delay.exponentialDelay")
  @Tag("field=VirtualService.http.fault.abort.http2Error")
  @CsvSource(
      delimiter = '|',
      value = {
        "delay: {exponentialDelay: 1s} | delay.exponentialDelay | use fixedDelay",
        "abort: {http2Error: REFUSED_STREAM} | abort.http2Error | not supported"
      })
  void faultsThatNobodyMakesAreRefused(String fault, String field, String words) {
    expect(
        Kinds.VIRTUAL_SERVICE,
        "{hosts: [a], http: [{route: [{destination: {host: a}}], fault: {" + fault + "}}]}",
        "spec.http[0].fault." + field,
        words);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "egress: [{hosts: ['./*', 'shop/a.b', '*/*', '~/*']}] | - | ",
        "egress: [{hosts: []}] | spec.egress[0].hosts | at least one host",
        "egress: [{hosts: [reviews]}] | spec.egress[0].hosts[0] | form namespace/dnsName",
        "egress: [{hosts: ['a/b', 'a/b']}] | spec.egress[0].hosts[1] | a/b",
        "egress: [{hosts: ['A_/b']}] | spec.egress[0].hosts[0] | lower-case DNS label",
        "workloadSelector: {labels: {app: a}} | spec.egress | empty configuration",
        "ingress: [{port: {number: 0}}] | spec.ingress[0].port.number | port is required",
        "ingress: [{port: {number: 70000}}] | spec.ingress[0].port.number | between 1-65535",
        "ingress: [{port: {number: 80}}, {port: {number: 80}}] | spec.ingress[1].port.number | 80",
        "ingress: [{port: {number: 80}, tls: {mode: PASSTHROUGH}}] | spec.ingress[0].tls.mode | SIMPLE and MUTUAL",
        "outboundTrafficPolicy: {mode: REGISTRY_ONLY, egressProxy: {host: a.b, port: {number: 1}}} | spec.outboundTrafficPolicy.egressProxy | only with ALLOW_ANY",
        "outboundTrafficPolicy: {mode: ALLOW_ANY, egressProxy: {host: a.b}} | spec.outboundTrafficPolicy.egressProxy.port.number | port of the proxy",
        "inboundConnectionPool: {tcp: {maxConnections: -1}} | spec.inboundConnectionPool.tcp.maxConnections | must not be negative"
      })
  void sidecarRules(String spec, String field, String words) {
    expect(Kinds.SIDECAR, "{" + spec + "}", field, words);
  }
}
