package io.selvage.controller.resource.view;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.Checked;
import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.Kinds;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.Violation;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ViewsTest {
  private static Resource resource(Kind kind, String spec) {
    try {
      ObjectNode json =
          (ObjectNode)
              new ObjectMapper()
                  .readTree(
                      "{\"metadata\":{\"name\":\"x\",\"namespace\":\"n\"},\"spec\":" + spec + "}");
      return Resource.of(kind, json, 1);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  @Test
  void readsRoutesWithTheirDefaults() {
    VirtualService vs =
        VirtualService.parse(
                resource(
                    Kinds.VIRTUAL_SERVICE,
                    """
                    {"hosts":["reviews"],"http":[{"timeout":"1.5s","mirror":{"host":"m"},
                     "mirror_percent":7,"match":[{"uri":{"prefix":"/a"},"headers":{"u":{}}}],
                     "fault":{"delay":{"fixedDelay":"2s"}},
                     "route":[{"destination":{"host":"reviews","port":{"number":80}},"weight":3}]}]}
                    """))
            .toOptional()
            .orElseThrow();
    HttpRoute route = vs.http().get(0);
    assertThat(vs.appliesToMesh()).isTrue();
    assertThat(route.timeout()).isEqualTo(Duration.ofMillis(1500));
    assertThat(route.mirrors().get(0).percentage()).isEqualTo(7);
    assertThat(route.fault().delay().percentage()).isEqualTo(100);
    assertThat(route.match().get(0).headers().get("u").type()).isEqualTo(StringMatch.Type.PRESENT);
    assertThat(route.route().get(0).destination().port()).isEqualTo(80);
  }

  @Test
  void namesTheFieldOfEveryUnreadableValue() {
    Checked<VirtualService> checked =
        VirtualService.parse(
            resource(
                Kinds.VIRTUAL_SERVICE,
                "{\"hosts\":\"x\",\"http\":[{\"timeout\":\"soon\",\"route\":[{\"weight\":\"1\"}]}]}"));
    assertThat(checked.ok()).isFalse();
    assertThat(checked.violations())
        .extracting(Violation::field)
        .containsExactlyInAnyOrder(
            "spec.hosts", "spec.http[0].timeout", "spec.http[0].route[0].weight");
  }

  @Test
  void anUnknownEnumIsNamedWithTheKnownValues() {
    Checked<PeerAuthentication> checked =
        PeerAuthentication.parse(
            resource(
                Kinds.PEER_AUTHENTICATION,
                "{\"mtls\":{\"mode\":\"STRIKT\"},\"portLevelMtls\":{\"0\":{\"mode\":\"STRICT\"}}}"));
    assertThat(checked.violations())
        .extracting(Violation::text)
        .containsExactly(
            "spec.mtls.mode: Unsupported value: \"STRIKT\": supported values: \"UNSET\","
                + " \"DISABLE\", \"PERMISSIVE\", \"STRICT\"",
            "spec.portLevelMtls[0]: Invalid value: key must be a port, 1 to 65535");
  }

  @Test
  void aNamedTargetPortStaysAName() {
    Service service =
        Service.parse(
                resource(
                    Kinds.SERVICE,
                    "{\"ports\":[{\"port\":80,\"targetPort\":\"http\"},{\"port\":81}]}"))
            .toOptional()
            .orElseThrow();
    assertThat(service.ports().get(0).targetPortName()).isEqualTo("http");
    assertThat(service.ports().get(0).targetPort()).isNull();
    assertThat(service.ports().get(1).targetPort()).isEqualTo(81);
  }
}
