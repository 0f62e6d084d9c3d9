package io.selvage.control.parse;

import io.selvage.engine.model.CallerRates;
import io.selvage.engine.model.CallerRates.By;
import io.selvage.engine.model.CallerRates.Rule;
import io.selvage.engine.model.LocalRateLimit.Bucket;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Section {@code rateLimit} of a policy for workloads. */
final class CallerRateParser {
  private static final int MILLION = 1_000_000;
  private static final Duration MILLI = Duration.ofMillis(1);

  private CallerRateParser() {}

  /** Null = it has none. */
  static @Nullable CallerRates section(Options policy) {
    String name = policy.text("policy");
    return policy.object("rateLimit", o -> rates(name, o));
  }

  private static CallerRates rates(String policy, Options o) {
    CallerRates rates =
        new CallerRates(
            policy,
            o.objects("rules", CallerRateParser::rule),
            o.integer("maxCallers", 1000, 1, MILLION),
            o.flag("responseHeaders", false));
    if (rates.rules().isEmpty()) {
      o.field().at("rules").refuse("must not be empty");
    }
    return rates;
  }

  private static Rule rule(Options o) {
    By by = o.oneOf("by", By.class, By.ALL);
    String header = o.text("header").toLowerCase(Locale.ROOT);
    if ((by == By.HEADER) == header.isEmpty()) {
      o.field().at("header").refuse("goes with by: HEADER");
    }
    if (!o.has("requests")) {
      o.field().at("requests").refuse("must be there");
    }
    int requests = o.integer("requests", 1, 1, MILLION);
    return new Rule(
        o.texts("principals"),
        o.texts("namespaces"),
        by,
        header,
        new Bucket(
            o.integer("burst", requests, 1, MILLION),
            requests,
            o.duration("interval", Duration.ofSeconds(1), MILLI)));
  }
}
