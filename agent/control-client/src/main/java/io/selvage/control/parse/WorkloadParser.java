package io.selvage.control.parse;

import io.selvage.engine.model.WorkloadPolicy;
import io.selvage.engine.model.WorkloadPolicy.Propagation;
import org.jspecify.annotations.Nullable;

/** What our own kinds say of the workload itself. */
final class WorkloadParser {
  private WorkloadParser() {}

  private enum Switch {
    ENABLED,
    DISABLED
  }

  static WorkloadPolicy policy(Options o) {
    Propagation propagation = o.object("propagation", WorkloadParser::propagation);
    return new WorkloadPolicy(
        o.text("policy"),
        orAll(propagation),
        o.objects("lanes", LaneParser::entry),
        ConcurrencyParser.section(o),
        CallerRateParser.section(o));
  }

  private static Propagation orAll(@Nullable Propagation written) {
    return written == null ? Propagation.ALL : written;
  }

  private static Propagation propagation(Options o) {
    return new Propagation(isOn(o, "deadlines"), isOn(o, "cancellation"), isOn(o, "retries"));
  }

  private static boolean isOn(Options o, String name) {
    return o.oneOf(name, Switch.class, Switch.ENABLED) == Switch.ENABLED;
  }
}
