package io.selvage.controller.resource;

import java.util.List;
import java.util.Locale;

/** Kinds of {@code selvage.io}: what only a data plane inside the application can do. */
public final class SelvageKinds {
  private static final String GROUP = "selvage.io";

  public static final Kind RESILIENCE_POLICY =
      own("ResiliencePolicy", "resiliencepolicies", "respol");

  public static final Kind DATABASE_POLICY = own("DatabasePolicy", "databasepolicies", "dbpol");

  public static final Kind TRAFFIC_LANE = own("TrafficLane", "trafficlanes", "lane");

  private static final List<Kind> ALL = List.of(DATABASE_POLICY, RESILIENCE_POLICY, TRAFFIC_LANE);

  private SelvageKinds() {}

  static List<Kind> all() {
    return ALL;
  }

  private static Kind own(String kind, String plural, String shortName) {
    return new Kind(
        GROUP,
        List.of("v1"),
        kind,
        plural,
        kind.toLowerCase(Locale.ROOT),
        List.of(shortName),
        true,
        false);
  }
}
