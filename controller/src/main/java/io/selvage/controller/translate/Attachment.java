package io.selvage.controller.translate;

import io.selvage.controller.resource.view.MeshRoute;
import io.selvage.controller.resource.view.ParentRef;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One parent of a route, found or not.
 *
 * @param service null where the route is not attached
 * @param ports of the service that the route is for
 * @param consumer whether it holds for callers of the route's own namespace alone
 * @param refusal why it is not attached; empty if it is
 */
record Attachment(
    MeshRoute route,
    ParentRef parent,
    @Nullable MeshService service,
    List<Integer> ports,
    boolean consumer,
    String refusal) {

  static Attachment refused(MeshRoute route, ParentRef parent, String why) {
    return new Attachment(route, parent, null, List.of(), false, why);
  }
}
