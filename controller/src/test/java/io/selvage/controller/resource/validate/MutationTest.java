package io.selvage.controller.resource.validate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.Kinds;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.view.AuthorizationPolicy;
import io.selvage.controller.resource.view.DatabasePolicy;
import io.selvage.controller.resource.view.DestinationRule;
import io.selvage.controller.resource.view.PeerAuthentication;
import io.selvage.controller.resource.view.ResiliencePolicy;
import io.selvage.controller.resource.view.Service;
import io.selvage.controller.resource.view.ServiceEntry;
import io.selvage.controller.resource.view.TrafficLane;
import io.selvage.controller.resource.view.VirtualService;
import io.selvage.controller.resource.view.WorkloadEntry;
import io.selvage.controller.testing.Mutations;
import org.junit.jupiter.api.Test;

/** No document, however wrong, makes the checks or the views throw. */
class MutationTest {
  private static Kind kindOf(ObjectNode document) {
    return Kinds.all().stream()
        .filter(k -> k.kind().equals(document.path("kind").asText("")))
        .findFirst()
        .orElse(Kinds.VIRTUAL_SERVICE);
  }

  @Test
  void theGoodDocumentsAreGood() {
    for (ObjectNode document : Mutations.good()) {
      Validation validation = Validation.of(kindOf(document), document);
      assertThat(validation.violations()).as(document.toString()).isEmpty();
      assertThat(validation.unknownFields()).isEmpty();
    }
  }

  @Test
  void mutatedDocumentsAreJudgedAndNeverThrow() {
    Mutations mutations = new Mutations(20261120);
    int refused = 0;
    for (int i = 0; i < 8_000; i++) {
      ObjectNode document = mutations.next();
      Kind kind = kindOf(document);
      Validation validation = Validation.of(kind, document);
      refused += validation.violations().isEmpty() && validation.unknownFields().isEmpty() ? 0 : 1;
      Resource resource = Resource.of(kind, document, 1);
      VirtualService.parse(resource);
      DestinationRule.parse(resource);
      ServiceEntry.parse(resource);
      WorkloadEntry.parse(resource);
      PeerAuthentication.parse(resource);
      AuthorizationPolicy.parse(resource);
      Service.parse(resource);
      ResiliencePolicy.parse(resource);
      TrafficLane.parse(resource);
      DatabasePolicy.parse(resource);
      if (validation.violations().isEmpty()) {
        assertThat(readable(kind, resource))
            .as("what is accepted can be read: %s", document)
            .isTrue();
      }
    }
    assertThat(refused).isGreaterThan(4_000);
  }

  private static boolean readable(Kind kind, Resource resource) {
    return switch (kind.kind()) {
      case "VirtualService" -> VirtualService.parse(resource).ok();
      case "DestinationRule" -> DestinationRule.parse(resource).ok();
      case "ServiceEntry" -> ServiceEntry.parse(resource).ok();
      case "WorkloadEntry" -> WorkloadEntry.parse(resource).ok();
      case "PeerAuthentication" -> PeerAuthentication.parse(resource).ok();
      case "AuthorizationPolicy" -> AuthorizationPolicy.parse(resource).ok();
      case "DatabasePolicy" -> DatabasePolicy.parse(resource).ok();
      case "TrafficLane" -> TrafficLane.parse(resource).ok();
      case "ResiliencePolicy" -> ResiliencePolicy.parse(resource).ok();
      case "Service" -> Service.parse(resource).ok();
      default -> true;
    };
  }
}
