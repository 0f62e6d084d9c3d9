package io.selvage.controller.translate;

import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.view.ServiceEntry;
import io.selvage.controller.resource.view.TargetRef;
import java.util.List;

/** Which ports the targets of a {@code selvage.io} policy are (Gateway API GEP-713). */
final class Targets {
  private final List<ServiceEntry> entries;

  Targets(List<ServiceEntry> entries) {
    this.entries = entries;
  }

  /** Whether a policy's target is that port of that service. */
  boolean select(Resource policy, TargetRef target, MeshService service, MeshPort port) {
    if (!target.section().isEmpty() && !target.section().equals(port.name())) {
      return false;
    }
    if (target.isService()) {
      return service.kind() != MeshService.Kind.ENTRY
          && service.namespace().equals(policy.namespace())
          && service.name().equals(target.name());
    }
    return service.kind() == MeshService.Kind.ENTRY
        && entries.stream()
            .anyMatch(
                e ->
                    e.source().namespace().equals(policy.namespace())
                        && e.source().name().equals(target.name())
                        && e.hosts().contains(service.host()));
  }

  /** Notes that a policy's target is not there. */
  static void missing(MeshView view, Resource policy, String field, TargetRef target) {
    view.problems()
        .add(
            policy,
            field,
            Problems.Reason.UNRESOLVED,
            "no "
                + target.kind()
                + " "
                + policy.namespace()
                + "/"
                + target.name()
                + (target.section().isEmpty() ? "" : " with a port named " + target.section()));
  }
}
