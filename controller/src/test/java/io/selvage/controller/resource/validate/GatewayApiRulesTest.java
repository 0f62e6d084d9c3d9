package io.selvage.controller.resource.validate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.Kinds;
import io.selvage.controller.resource.Violation;
import io.selvage.controller.resource.YamlDocuments;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each case breaks one rule of the published CRDs and names the field and the reason expected. */
class GatewayApiRulesTest {
  private static final String BACKEND = "backendRefs: [{name: a, port: 80}]";

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
          .anySatisfy(r -> assertThat(r).startsWith(field + ": ").contains(words));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "BACKEND | - | ",
        "backendRefs: [{name: a}] | backendRefs[0].port | must have port for Service",
        "backendRefs: [{group: x.y, kind: Z, name: a}] | - | ",
        "backendRefs: [{name: a, port: 80, weight: 1000001}] | backendRefs[0].weight | less than or equal to 1000000",
        "backendRefs: [{name: a, port: 80, weight: -1}] | backendRefs[0].weight | greater than or equal to 0",
        "matches: [{path: {value: a}}], BACKEND | matches[0].path.value | must be an absolute path",
        "matches: [{path: {value: /a//b}}], BACKEND | matches[0].path.value | must not contain '//'",
        "matches: [{path: {value: /a/../b}}], BACKEND | matches[0].path.value | must not contain '/../'",
        "matches: [{path: {type: Exact, value: /a/.}}], BACKEND | matches[0].path.value | must not end with '/.'",
        "matches: [{path: {value: '/a%2fb'}}], BACKEND | matches[0].path.value | must not contain '%2f'",
        "matches: [{path: {value: '/a#b'}}], BACKEND | matches[0].path.value | must not contain '#'",
        "matches: [{path: {value: '/a b'}}], BACKEND | matches[0].path.value | must only contain",
        "matches: [{path: {type: RegularExpression, value: '(a'}}], BACKEND | matches[0].path.value | not an RE2",
        "matches: [{path: {type: Prefix, value: /}}], BACKEND | matches[0].path.type | supported values",
        "matches: [{headers: [{name: 'a b', value: x}]}], BACKEND | matches[0].headers[0].name | should match",
        "matches: [{headers: [{name: a, value: ''}]}], BACKEND | matches[0].headers[0].value | at least 1",
        "matches: [{headers: [{name: a, type: RegularExpression, value: '*'}]}], BACKEND | matches[0].headers[0].value | not an RE2",
        "matches: [{headers: [{name: a, value: x}, {name: a, value: y}]}], BACKEND | matches[0].headers[1] | Duplicate",
        "matches: [{method: get}], BACKEND | matches[0].method | supported values",
        "matches: [{queryParams: [{name: a}]}], BACKEND | matches[0].queryParams[0].value | must be given",
        "filters: [{type: URLRewrite}], BACKEND | filters[0].urlRewrite | must be specified",
        "filters: [{type: URLRewrite, urlRewrite: {}, cors: {}}], BACKEND | filters[0].cors | must be nil",
        "filters: [{type: CORS, cors: {}}, {type: CORS, cors: {}}], BACKEND | filters | CORS filter cannot be repeated",
        "filters: [{type: RequestRedirect, requestRedirect: {}}, {type: URLRewrite, urlRewrite: {}}] | filters | either RequestRedirect or URLRewrite",
        "filters: [{type: RequestRedirect, requestRedirect: {}}], BACKEND | backendRefs | must not be used together with backendRefs",
        "filters: [{type: RequestRedirect, requestRedirect: {statusCode: 304}}] | filters[0].requestRedirect.statusCode | supported values",
        "filters: [{type: RequestRedirect, requestRedirect: {scheme: ftp}}] | filters[0].requestRedirect.scheme | supported values",
        "filters: [{type: RequestRedirect, requestRedirect: {path: {type: ReplaceFullPath}}}] | filters[0].requestRedirect.path | replaceFullPath must be specified",
        "filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /, replaceFullPath: /}}}] | filters[0].urlRewrite.path | only when, type is ReplaceFullPath",
        "matches: [{path: {type: Exact, value: /a}}], filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}] | filters[0].urlRewrite.path.replacePrefixMatch | exactly one PathPrefix match",
        "filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /x}}}] | - | ",
        "filters: [{type: RequestMirror, requestMirror: {backendRef: {name: a}}}] | filters[0].requestMirror.backendRef.port | must have port",
        "filters: [{type: RequestMirror, requestMirror: {backendRef: {name: a, port: 1}, percent: 1, fraction: {numerator: 1}}}] | filters[0].requestMirror | at most one of",
        "filters: [{type: RequestMirror, requestMirror: {backendRef: {name: a, port: 1}, fraction: {numerator: 3, denominator: 2}}}] | filters[0].requestMirror.fraction | less than or equal to denominator",
        "filters: [{type: RequestMirror, requestMirror: {backendRef: {name: a, port: 1}, percent: 101}}] | filters[0].requestMirror.percent | less than or equal to 100",
        "filters: [{type: CORS, cors: {allowOrigins: ['*', 'http://a']}}] | filters[0].cors.allowOrigins | alongside",
        "filters: [{type: CORS, cors: {allowOrigins: ['a.com']}}] | filters[0].cors.allowOrigins[0] | should match",
        "filters: [{type: CORS, cors: {maxAge: 0}}] | filters[0].cors.maxAge | greater than or equal to 1",
        "filters: [{type: ExternalAuth, externalAuth: {protocol: GRPC, backendRef: {name: a, port: 1}}}] | filters[0].externalAuth.grpc | must be specified",
        "filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: A, value: x}, {name: a, value: y}]}}] | filters[0].requestHeaderModifier.set[1].name | Duplicate",
        "filters: [{type: RequestHeaderModifier, requestHeaderModifier: {remove: ['a b']}}] | filters[0].requestHeaderModifier.remove[0] | name of a header",
        "timeouts: {request: 1}, BACKEND | timeouts.request | must be of type string",
        "timeouts: {request: 1.5s}, BACKEND | timeouts.request | should match",
        "timeouts: {request: 1m30s, backendRequest: 90s}, BACKEND | - | ",
        "timeouts: {request: 1s, backendRequest: 2s}, BACKEND | timeouts.backendRequest | cannot be longer than request",
        "timeouts: {request: 0s, backendRequest: 2s}, BACKEND | - | ",
        "retry: {codes: [200]}, BACKEND | retry.codes[0] | greater than or equal to 400",
        "retry: {attempts: 0}, BACKEND | retry.attempts | greater than or equal to 1",
        "retry: {backoff: soon}, BACKEND | retry.backoff | should match",
        "sessionPersistence: {cookieConfig: {lifetimeType: Permanent}}, BACKEND | sessionPersistence.absoluteTimeout | must be specified",
        "sessionPersistence: {type: Header, cookieConfig: {}}, BACKEND | sessionPersistence.cookieConfig | only be set with type Cookie",
        "sessionPersistence: {sessionName: 'a b'}, BACKEND | sessionPersistence.sessionName | name of a header",
      })
  void httpRules(String rule, String field, String words) {
    expect(
        Kinds.HTTP_ROUTE,
        "{rules: [{" + rule.replace("BACKEND", BACKEND) + "}]}",
        field.equals("-") ? "-" : "spec.rules[0]." + field,
        words);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{method: {service: a.b.C, method: D}} | - | ",
        "{method: {}} | .method | one or both",
        "{method: {service: 'a b'}} | .method.service | full name of a service",
        "{method: {method: a-b}} | .method.method | name of a method",
        "{method: {type: RegularExpression, service: '(a'}} | .method.service | not an RE2",
        "{method: {type: Prefix, service: a}} | .method.type | supported values",
      })
  void grpcMatches(String match, String field, String words) {
    expect(
        Kinds.GRPC_ROUTE,
        "{rules: [{matches: [" + match + "], " + BACKEND + "}]}",
        field.equals("-") ? "-" : "spec.rules[0].matches[0]" + field,
        words);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{name: a}, {name: a, port: 80} | spec.parentRefs[1] | must be specified when",
        "{name: a, port: 80}, {name: a, namespace: n, port: 80} | spec.parentRefs[1] | must be unique",
        "{name: a, port: 80}, {name: a, port: 81} | - | ",
        "{name: a}, {name: a, namespace: other} | - | ",
        "{name: a, port: 0} | spec.parentRefs[0].port | greater than or equal to 1",
        "{port: 80} | spec.parentRefs[0].name | must be given",
      })
  void parents(String refs, String field, String words) {
    expect(
        Kinds.HTTP_ROUTE, "{parentRefs: [" + refs + "], rules: [{" + BACKEND + "}]}", field, words);
  }

  @Test
  void namesOfRulesAndTheNumberOfMatches() {
    expect(
        Kinds.HTTP_ROUTE,
        "{rules: [{name: a, " + BACKEND + "}, {name: a, " + BACKEND + "}]}",
        "spec.rules[1].name",
        "Duplicate");
    String many = "{matches: [" + "{method: GET}, ".repeat(64) + "]}, ";
    expect(Kinds.HTTP_ROUTE, "{rules: [" + many + many + "{}]}", "spec.rules", "129 matches");
    expect(Kinds.HTTP_ROUTE, "{rules: []}", "spec.rules", "at least 1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "wellKnownCACertificates: System, hostname: a.b | - | ",
        "hostname: a.b | spec.validation | must specify either",
        "wellKnownCACertificates: System, hostname: a.b, caCertificateRefs: [{group: '', kind: ConfigMap, name: c}] | spec.validation | must not contain both",
        "wellKnownCACertificates: Mine, hostname: a.b | spec.validation.wellKnownCACertificates | should match",
        "wellKnownCACertificates: System | spec.validation.hostname | must be given",
        "wellKnownCACertificates: System, hostname: '*.b' | spec.validation.hostname | should match",
        "wellKnownCACertificates: System, hostname: a.b, subjectAltNames: [{type: URI, hostname: a}] | spec.validation.subjectAltNames[0].hostname | only when, type is Hostname",
        "wellKnownCACertificates: System, hostname: a.b, subjectAltNames: [{type: Hostname}] | spec.validation.subjectAltNames[0].hostname | must be given",
        "wellKnownCACertificates: System, hostname: a.b, subjectAltNames: [{type: URI, uri: 'spiffe://a/b'}] | - | ",
      })
  void backendTls(String validation, String field, String words) {
    expect(
        Kinds.BACKEND_TLS_POLICY,
        "{targetRefs: [{group: '', kind: Service, name: a}], validation: {" + validation + "}}",
        field,
        words);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | - | ",
        "{budget: {percent: 101}} | spec.retryConstraint.budget.percent | less than or equal",
        "{budget: {interval: 10ms}} | spec.retryConstraint.budget.interval | less than one second",
        "{minRetryRate: {count: 0}} | spec.retryConstraint.minRetryRate.count | greater than or equal",
        "{minRetryRate: {interval: 2h}} | spec.retryConstraint.minRetryRate.interval | one hour",
      })
  void backendTraffic(String constraint, String field, String words) {
    expect(
        Kinds.BACKEND_TRAFFIC_POLICY,
        "{targetRefs: [{group: '', kind: Service, name: a}], retryConstraint: " + constraint + "}",
        field,
        words);
  }
}
