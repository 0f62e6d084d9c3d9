package io.selvage.controller.registry;

/** Region, zone and sub-zone; a part that is not known is empty. */
public record Locality(String region, String zone, String subzone) {
  /** Nothing known. */
  public static final Locality UNKNOWN = new Locality("", "", "");

  /** Reads {@code region/zone/subzone}; missing parts stay empty. */
  public static Locality parse(String text) {
    String[] parts = text.split("/", 3);
    return new Locality(
        parts[0], parts.length > 1 ? parts[1] : "", parts.length > 2 ? parts[2] : "");
  }

  /** {@code region/zone/subzone} without empty parts at the end. */
  @Override
  public String toString() {
    if (zone.isEmpty()) {
      return region;
    }
    return subzone.isEmpty() ? region + "/" + zone : region + "/" + zone + "/" + subzone;
  }
}
