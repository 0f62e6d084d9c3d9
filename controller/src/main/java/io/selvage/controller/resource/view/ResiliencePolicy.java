package io.selvage.controller.resource.view;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.Checked;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.Violation;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code selvage.io} ResiliencePolicy. Its sections travel as they are written: the schema and
 * {@code validate} have seen to their form, and agents read them.
 *
 * @param selector labels of the workloads that it is about; null = it has targets
 * @param destination sections by name that bound callers of the targets
 * @param workload sections by name about the workloads themselves
 */
public record ResiliencePolicy(
    Resource source,
    List<TargetRef> targets,
    @Nullable Map<String, String> selector,
    Map<String, ObjectNode> destination,
    Map<String, ObjectNode> workload,
    @Nullable Breaker breaker,
    @Nullable Bulkhead bulkhead,
    @Nullable Concurrency concurrency,
    List<Rate> rates) {
  private static final List<String> DESTINATION =
      List.of("circuitBreaker", "bulkhead", "adaptiveConcurrency", "loadBalancer", "hedging");
  private static final List<String> WORKLOAD =
      List.of("propagation", "adaptiveConcurrency", "rateLimit");

  /** What of a breaker depends on more than one field. */
  public record Breaker(boolean timed, int window, @Nullable Integer minimum, List<String> names) {
    static Breaker parse(Fields f) {
      Integer window = f.numberOrNull("slidingWindowSize");
      return new Breaker(
          f.text("slidingWindowType").equals("TIME_BASED"),
          window == null ? 100 : window,
          f.numberOrNull("minimumNumberOfCalls"),
          f.list("operations", o -> o.text("name")));
    }
  }

  /** What of a bulkhead depends on more than one field. */
  public record Bulkhead(int waiting, boolean waits) {
    static Bulkhead parse(Fields f) {
      var wait = f.durationOrNull("maxWaitDuration");
      return new Bulkhead(f.number("maxWaitingCalls"), wait != null && !wait.isZero());
    }
  }

  /** What of adaptive concurrency depends on more than one field. */
  public record Concurrency(int most, int least, boolean measured, boolean fixed) {
    static Concurrency parse(Fields f) {
      Integer most = f.numberOrNull("maxConcurrencyLimit");
      Concurrency ideal =
          f.message(
              "minRtt",
              o -> {
                Integer least = o.numberOrNull("minConcurrency");
                return new Concurrency(
                    0,
                    least == null ? 3 : least,
                    o.durationOrNull("interval") != null,
                    o.durationOrNull("fixedValue") != null);
              });
      return new Concurrency(
          most == null ? 1000 : most,
          ideal == null ? 3 : ideal.least(),
          ideal != null && ideal.measured(),
          ideal != null && ideal.fixed());
    }
  }

  /** What of a rate depends on more than one field. */
  public record Rate(boolean byHeader, String header) {
    static Rate parse(Fields f) {
      return new Rate(f.text("by").equals("HEADER"), f.text("header"));
    }
  }

  private static List<Rate> rates(Fields f) {
    List<Rate> rates = f.message("rateLimit", o -> o.list("rules", Rate::parse));
    return rates == null ? List.of() : rates;
  }

  /** Reads the document; unknown fields are not looked at (the schema refuses them). */
  public static Checked<ResiliencePolicy> parse(Resource resource) {
    List<Violation> violations = new ArrayList<>();
    Fields f = new Fields(resource.spec(), "spec", violations);
    ResiliencePolicy value =
        new ResiliencePolicy(
            resource,
            f.list("targetRefs", TargetRef::parse),
            f.message("selector", o -> o.textMap("matchLabels")),
            sections(f, DESTINATION),
            sections(f, WORKLOAD),
            f.message("circuitBreaker", Breaker::parse),
            f.message("bulkhead", Bulkhead::parse),
            f.message("adaptiveConcurrency", Concurrency::parse),
            rates(f));
    return Checked.of(value, violations);
  }

  private static Map<String, ObjectNode> sections(Fields f, List<String> names) {
    Map<String, ObjectNode> sections = new LinkedHashMap<>();
    for (String section : names) {
      if (f.raw(section) instanceof ObjectNode object) {
        sections.put(section, object);
      }
    }
    return Collections.unmodifiableMap(sections);
  }
}
