package io.selvage.engine.observing;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The order in which Envoy writes several response flags. */
final class FlagOrder {
  private static final List<String> ORDER =
      List.of(
          "LH", "UH", "UT", "LR", "UR", "UF", "UC", "UO", "NR", "DI", "FI", "RL", "UAEX", "RLSE",
          "DC", "URX", "SI", "IH", "DPE", "UMSDR", "RFCF", "NFCF", "DT", "UPE", "NC", "OM", "DF",
          "DO");

  private FlagOrder() {}

  /** Both, each flag once; unknown ones last. */
  static String joined(String some, String more) {
    Set<String> all = new LinkedHashSet<>(List.of((some + "," + more).split(",")));
    StringBuilder text = new StringBuilder();
    for (String flag : ORDER) {
      if (all.remove(flag)) {
        append(text, flag);
      }
    }
    all.forEach(flag -> append(text, flag));
    return text.toString();
  }

  private static void append(StringBuilder text, String flag) {
    if (text.length() > 0) {
      text.append(',');
    }
    text.append(flag);
  }
}
