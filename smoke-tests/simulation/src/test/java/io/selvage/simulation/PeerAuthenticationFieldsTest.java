package io.selvage.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.snapshot.PortMode;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a workload's ports demand, field by field: {@code PeerAuthentication}. */
class PeerAuthenticationFieldsTest {
  private static SimulatedMesh mesh(String spec) {
    return new SimulatedMesh()
        .workload("productpage", "v1", 9080, "http")
        .workload("details", "v1", 9080, "http")
        .with(
            "{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {name: p}, spec: "
                + spec
                + "}");
  }

  private static PortMode details(String spec) {
    return mesh(spec).engineOf("details").portMode(9080);
  }

  @Test
  @Tag("field=PeerAuthentication.mtls.mode")
  void mode() {
    assertThat(details("{mtls: {mode: STRICT}}")).isEqualTo(PortMode.STRICT);
    assertThat(details("{mtls: {mode: DISABLE}}")).isEqualTo(PortMode.DISABLE);
    assertThat(details("{mtls: {mode: PERMISSIVE}}")).isEqualTo(PortMode.PERMISSIVE);
    assertThat(details("{mtls: {mode: UNSET}}")).isEqualTo(PortMode.PERMISSIVE);
  }

  @Test
  @Tag("field=PeerAuthentication.selector.matchLabels")
  void selector() {
    SimulatedMesh mesh = mesh("{selector: {matchLabels: {app: details}}, mtls: {mode: STRICT}}");
    assertThat(mesh.engineOf("details").portMode(9080)).isEqualTo(PortMode.STRICT);
    assertThat(mesh.engineOf("productpage").portMode(9080)).isEqualTo(PortMode.PERMISSIVE);
  }

  @Test
  @Tag("field=PeerAuthentication.portLevelMtls.mode")
  void portLevel() {
    String selected = "selector: {matchLabels: {app: details}}, mtls: {mode: STRICT}";
    assertThat(details("{" + selected + ", portLevelMtls: {9080: {mode: DISABLE}}}"))
        .isEqualTo(PortMode.DISABLE);
    assertThat(details("{" + selected + ", portLevelMtls: {9081: {mode: DISABLE}}}"))
        .isEqualTo(PortMode.STRICT);
    assertThat(details("{" + selected + ", portLevelMtls: {9080: {mode: UNSET}}}"))
        .isEqualTo(PortMode.STRICT);
  }
}
