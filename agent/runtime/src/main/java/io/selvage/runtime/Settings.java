package io.selvage.runtime;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the agent was told: system property before environment before agent option before file
 * before default. Immutable; reading never fails, it complains.
 */
final class Settings {
  private static final String PREFIX = "selvage-";
  private static final String INSTRUMENTATION = "instrumentation-";
  private static final Pattern DURATION = Pattern.compile("(\\d{1,9})\\s*(ms|s|m|h|d)");
  private static final int MAX_FILE_BYTES = 1 << 20;

  /** Read by the command line and the controller, which share the environment's prefix. */
  private static final Set<String> OTHERS =
      Set.of("agent-jar", "dev-dir", "data-root", "shared", "root", "kubeconfig");

  private final Map<String, String> values;
  private final Map<String, String> environment;
  private final List<String> complaints;

  private Settings(
      Map<String, String> values, Map<String, String> environment, List<String> complaints) {
    this.values = values;
    this.environment = environment;
    this.complaints = complaints;
  }

  /** From this JVM. */
  static Settings ofThisJvm(@Nullable String agentOptions) {
    Map<String, String> properties = new HashMap<>();
    for (String name : System.getProperties().stringPropertyNames()) {
      properties.put(name, System.getProperty(name, ""));
    }
    return of(properties, System.getenv(), agentOptions);
  }

  /**
   * From these sources.
   *
   * @param agentOptions {@code key=value}, separated by commas
   */
  static Settings of(
      Map<String, String> properties,
      Map<String, String> environment,
      @Nullable String agentOptions) {
    List<String> complaints = new ArrayList<>();
    Map<String, String> values = new HashMap<>();
    Map<String, String> options = options(agentOptions, complaints);
    Map<String, String> above = new HashMap<>(options);
    above.putAll(named(environment, "SELVAGE_", complaints));
    above.putAll(named(properties, "selvage.", complaints));
    String file = above.get(Setting.CONFIG_FILE.key());
    if (file != null && !file.isBlank()) {
      values.putAll(file(file, complaints));
    }
    values.putAll(above);
    return new Settings(Map.copyOf(values), Map.copyOf(environment), complaints);
  }

  private static Map<String, String> named(
      Map<String, String> source, String prefix, List<String> complaints) {
    Map<String, String> found = new HashMap<>();
    source.forEach(
        (name, value) -> {
          if (name.startsWith(prefix)) {
            take(found, name, name.substring(prefix.length()), value, complaints);
          }
        });
    return found;
  }

  private static Map<String, String> options(@Nullable String text, List<String> complaints) {
    Map<String, String> found = new HashMap<>();
    String last = null;
    for (String part : text == null || text.isBlank() ? new String[0] : text.split(",")) {
      int equals = part.indexOf('=');
      String key = equals < 0 ? "" : canonical(part.substring(0, equals));
      if (equals < 0 && last != null) {
        // a list: the comma belonged to the value
        found.merge(last, part.trim(), (before, more) -> before + "," + more);
      } else {
        take(found, part, key, part.substring(equals + 1).trim(), complaints);
        last = found.containsKey(key) ? key : null;
      }
    }
    return found;
  }

  private static Map<String, String> file(String path, List<String> complaints) {
    Map<String, String> found = new HashMap<>();
    try (RandomAccessFile in = new RandomAccessFile(path, "r")) {
      byte[] bytes = new byte[(int) Math.min(in.length(), MAX_FILE_BYTES)];
      in.readFully(bytes);
      int number = 0;
      for (String line : new String(bytes, StandardCharsets.UTF_8).split("\\R")) {
        number++;
        String text = line.strip();
        if (text.isEmpty() || text.startsWith("#") || text.equals("---")) {
          continue;
        }
        int at = text.indexOf(':') < 0 ? text.indexOf('=') : text.indexOf(':');
        if (at <= 0) {
          complaints.add(
              "WARN [SELV-1012] (Settings "
                  + path
                  + " line "
                  + number
                  + ") not understood; found '"
                  + text
                  + "'. Fix: write 'key: value'");
          continue;
        }
        take(
            found,
            text.substring(0, at).strip(),
            canonical(text.substring(0, at)),
            unquoted(text.substring(at + 1).strip()),
            complaints);
      }
    } catch (IOException unreadable) {
      complaints.add(
          "WARN [SELV-1011] (Settings "
              + path
              + ") the file cannot be read; "
              + unreadable.getMessage()
              + ". Fix: set selvage.config-file to a file that exists");
    }
    return found;
  }

  private static String unquoted(String text) {
    boolean quoted =
        text.length() > 1
            && (text.charAt(0) == '"' || text.charAt(0) == '\'')
            && text.charAt(text.length() - 1) == text.charAt(0);
    return quoted ? text.substring(1, text.length() - 1) : text;
  }

  private static void take(
      Map<String, String> into,
      String written,
      String name,
      String value,
      List<String> complaints) {
    String key = canonical(name);
    if (isKnown(key)) {
      into.put(key, value);
      return;
    }
    complaints.add(
        "WARN [SELV-1010] (Settings "
            + written.strip()
            + ") unknown setting, ignored. Fix: did you mean selvage."
            + nearest(key)
            + "?");
  }

  private static String canonical(String name) {
    String key = name.strip().toLowerCase(Locale.ROOT).replace('.', '-').replace('_', '-');
    return key.startsWith(PREFIX) ? key.substring(PREFIX.length()) : key;
  }

  private static boolean isKnown(String key) {
    if (key.startsWith(INSTRUMENTATION) && key.endsWith("-enabled")
        || OTHERS.contains(key)
        || key.startsWith("controller-")) {
      return true;
    }
    for (Setting setting : Setting.values()) {
      if (setting.key().equals(key)) {
        return true;
      }
    }
    return false;
  }

  private static String nearest(String key) {
    String best = "";
    int distance = Integer.MAX_VALUE;
    for (Setting setting : Setting.values()) {
      int d = distance(key, setting.key());
      if (d < distance) {
        distance = d;
        best = setting.key();
      }
    }
    return best;
  }

  /** Levenshtein's. */
  static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int above = row[j];
        int changed = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(changed, 1 + Math.min(above, row[j - 1]));
        diagonal = above;
      }
    }
    return row[b.length()];
  }

  /** What was wrong with the sources, as finished lines. */
  List<String> complaints() {
    return List.copyOf(complaints);
  }

  String text(Setting setting) {
    String value = values.get(setting.key());
    return value == null || value.isBlank() ? setting.standard() : value.strip();
  }

  boolean isSet(Setting setting) {
    return !values.getOrDefault(setting.key(), "").isBlank();
  }

  boolean on(Setting setting) {
    return switch (text(setting).toLowerCase(Locale.ROOT)) {
      case "true", "on", "yes", "1" -> true;
      case "false", "off", "no", "0" -> false;
      default -> {
        complain(setting, "not true or false", "true or false");
        yield Boolean.parseBoolean(setting.standard());
      }
    };
  }

  int number(Setting setting, int least, int most) {
    try {
      int value = Integer.parseInt(text(setting));
      if (value >= least && value <= most) {
        return value;
      }
    } catch (NumberFormatException notOne) {
      // complained of below, like a number that is out of range
    }
    complain(setting, "not a number from " + least + " to " + most, setting.standard());
    return Integer.parseInt(setting.standard());
  }

  /** Such as {@code 500ms}, {@code 5s}, {@code 10m}. */
  Duration duration(Setting setting) {
    Duration value = duration(text(setting));
    if (value != null) {
      return value;
    }
    complain(setting, "not a duration", setting.standard());
    Duration standard = duration(setting.standard());
    return standard == null ? Duration.ZERO : standard;
  }

  static @Nullable Duration duration(String text) {
    Matcher m = DURATION.matcher(text.toLowerCase(Locale.ROOT));
    if (!m.matches()) {
      return null;
    }
    long amount = Long.parseLong(m.group(1));
    return switch (m.group(2)) {
      case "ms" -> Duration.ofMillis(amount);
      case "s" -> Duration.ofSeconds(amount);
      case "m" -> Duration.ofMinutes(amount);
      case "h" -> Duration.ofHours(amount);
      default -> Duration.ofDays(amount);
    };
  }

  <E extends Enum<E>> E choice(Setting setting, Class<E> type) {
    String wanted = text(setting).toUpperCase(Locale.ROOT);
    for (E each : type.getEnumConstants()) {
      if (each.name().equals(wanted)) {
        return each;
      }
    }
    complain(setting, "unknown value", List.of(type.getEnumConstants()).toString());
    return Enum.valueOf(type, setting.standard().toUpperCase(Locale.ROOT));
  }

  /**
   * Whether an instrumentation was not switched off ({@code selvage.instrumentation.NAME.enabled}).
   */
  boolean instruments(String name) {
    String value = values.getOrDefault(INSTRUMENTATION + canonical(name) + "-enabled", "true");
    return !value.strip().equalsIgnoreCase("false");
  }

  /** A variable of somebody else's, such as {@code POD_NAME}; empty = not set. */
  String environment(String variable) {
    return environment.getOrDefault(variable, "").strip();
  }

  private void complain(Setting setting, String wrong, String fix) {
    complaints.add(
        "WARN [SELV-1013] (Settings selvage."
            + setting.key()
            + ") "
            + wrong
            + "; found '"
            + text(setting)
            + "', using '"
            + setting.standard()
            + "'. Fix: use "
            + fix);
  }
}
