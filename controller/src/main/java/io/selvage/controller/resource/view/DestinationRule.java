package io.selvage.controller.resource.view;

import io.selvage.controller.resource.Checked;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.Violation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code networking.istio.io} DestinationRule.
 *
 * @param exportTo empty means every namespace
 * @param workloadSelector labels of the client workloads it applies to; empty means all
 */
public record DestinationRule(
    Resource source,
    String host,
    @Nullable TrafficPolicy trafficPolicy,
    List<Subset> subsets,
    List<String> exportTo,
    Map<String, String> workloadSelector) {

  /** Reads the document; unknown fields are not looked at (the schema refuses them). */
  public static Checked<DestinationRule> parse(Resource resource) {
    List<Violation> violations = new ArrayList<>();
    Fields f = new Fields(resource.spec(), "spec", violations);
    DestinationRule value =
        new DestinationRule(
            resource,
            f.text("host"),
            f.message("trafficPolicy", TrafficPolicy::parse),
            f.list("subsets", Subset::parse),
            f.texts("exportTo"),
            f.object("workloadSelector").textMap("matchLabels"));
    return Checked.of(value, violations);
  }

  /** A named set of endpoints; its policy replaces the rule's field by field at the top level. */
  public record Subset(
      String name, Map<String, String> labels, @Nullable TrafficPolicy trafficPolicy) {
    static Subset parse(Fields f) {
      return new Subset(
          f.text("name"), f.textMap("labels"), f.message("trafficPolicy", TrafficPolicy::parse));
    }
  }
}
