package io.selvage.smoke.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.smoke.BadResource;
import org.junit.jupiter.api.Test;

/** One bad resource among good ones is refused alone; the shipped agent goes on with the rest. */
class NackIT {
  @Test
  void oneBadRouteTableAmongGoodOnesIsRefusedAlone() throws Exception {
    assertThat(BadResource.refusedAlone()).contains("9999").contains("regex");
  }
}
