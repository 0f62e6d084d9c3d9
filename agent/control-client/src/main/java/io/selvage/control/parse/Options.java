package io.selvage.control.parse;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads one object of our own kinds out of a {@code Struct}: typed, within bounds, and with nothing
 * left over. Complaints name the field; the value given back then is the one for 'absent'.
 */
final class Options {
  private final Map<String, Value> values;
  private final Field field;
  private final Set<String> known = new HashSet<>();

  Options(Struct struct, Field field) {
    this.values = struct.getFieldsMap();
    this.field = field;
  }

  Field field() {
    return field;
  }

  boolean has(String name) {
    known.add(name);
    return values.containsKey(name);
  }

  String text(String name) {
    Value value = value(name);
    if (value == null) {
      return "";
    }
    if (value.getKindCase() != Value.KindCase.STRING_VALUE) {
      wrong(name, "text");
      return "";
    }
    return value.getStringValue();
  }

  boolean flag(String name, boolean absent) {
    Value value = value(name);
    if (value == null) {
      return absent;
    }
    if (value.getKindCase() != Value.KindCase.BOOL_VALUE) {
      wrong(name, "true or false");
      return absent;
    }
    return value.getBoolValue();
  }

  int integer(String name, int absent, int least, int most) {
    double number = number(name, absent, least, most);
    if (number != Math.rint(number)) {
      wrong(name, "a whole number");
      return absent;
    }
    return (int) number;
  }

  /** Percent as a fraction; {@code absent} is a fraction. */
  double fraction(String name, double absent) {
    return number(name, absent * 100, 0, 100) / 100;
  }

  double number(String name, double absent, double least, double most) {
    Value value = value(name);
    if (value == null) {
      return absent;
    }
    if (value.getKindCase() != Value.KindCase.NUMBER_VALUE) {
      wrong(name, "a number");
      return absent;
    }
    double number = value.getNumberValue();
    if (!(number >= least && number <= most)) {
      field
          .at(name)
          .refuse("must be " + plain(least) + " to " + plain(most) + "; found " + plain(number));
      return absent;
    }
    return number;
  }

  private static String plain(double number) {
    return number == Math.rint(number) ? String.valueOf((long) number) : String.valueOf(number);
  }

  Duration duration(String name, Duration absent, Duration least) {
    Value value = value(name);
    if (value == null) {
      return absent;
    }
    Duration read = Durations.parse(value.getStringValue());
    if (read == null) {
      wrong(name, "a duration such as 1.5s or 250ms");
      return absent;
    }
    if (read.compareTo(least) < 0) {
      field
          .at(name)
          .refuse("must be at least " + least.toMillis() + "ms; found " + value.getStringValue());
      return absent;
    }
    return read;
  }

  <E extends Enum<E>> E oneOf(String name, Class<E> type, E absent) {
    String text = text(name);
    if (text.isEmpty()) {
      return absent;
    }
    for (E each : type.getEnumConstants()) {
      if (each.name().equals(text)) {
        return each;
      }
    }
    field.at(name).refuse("unknown value " + text);
    return absent;
  }

  List<String> texts(String name) {
    List<String> all = new ArrayList<>();
    each(
        name,
        (value, at) -> {
          if (value.getKindCase() == Value.KindCase.STRING_VALUE) {
            all.add(value.getStringValue());
          } else {
            at.refuse("must be text");
          }
        });
    return all;
  }

  Map<String, String> textMap(String name) {
    Value value = value(name);
    if (value == null) {
      return Map.of();
    }
    Map<String, String> all = new java.util.LinkedHashMap<>();
    value
        .getStructValue()
        .getFieldsMap()
        .forEach((key, text) -> all.put(key, text.getStringValue()));
    return Collections.unmodifiableMap(all);
  }

  <T> @Nullable T object(String name, Function<Options, @Nullable T> reader) {
    Value value = value(name);
    if (value == null) {
      return null;
    }
    if (value.getKindCase() != Value.KindCase.STRUCT_VALUE) {
      wrong(name, "an object");
      return null;
    }
    return read(value.getStructValue(), field.at(name), reader);
  }

  <T> List<T> objects(String name, Function<Options, @Nullable T> reader) {
    List<T> all = new ArrayList<>();
    each(
        name,
        (value, at) -> {
          if (value.getKindCase() != Value.KindCase.STRUCT_VALUE) {
            at.refuse("must be an object");
            return;
          }
          T one = read(value.getStructValue(), at, reader);
          if (one != null) {
            all.add(one);
          }
        });
    return all;
  }

  /** Each entry of a map whose values are objects. */
  void eachObject(String name, BiConsumer<String, Options> reader) {
    Value value = value(name);
    if (value == null) {
      return;
    }
    if (value.getKindCase() != Value.KindCase.STRUCT_VALUE) {
      wrong(name, "an object");
      return;
    }
    value
        .getStructValue()
        .getFieldsMap()
        .forEach(
            (key, each) ->
                read(
                    each.getStructValue(),
                    field.at(name, key),
                    options -> {
                      reader.accept(key, options);
                      return null;
                    }));
  }

  /** Reads an object and refuses what the reader did not ask for. */
  static <T> @Nullable T read(Struct struct, Field field, Function<Options, @Nullable T> reader) {
    Options options = new Options(struct, field);
    T value = reader.apply(options);
    for (String name : struct.getFieldsMap().keySet()) {
      if (!options.known.contains(name)) {
        field.at(name).refuse("unknown to this agent");
      }
    }
    return value;
  }

  private interface Item {
    void visit(Value value, Field at);
  }

  private void each(String name, Item item) {
    Value value = value(name);
    if (value == null) {
      return;
    }
    if (value.getKindCase() != Value.KindCase.LIST_VALUE) {
      wrong(name, "a list");
      return;
    }
    for (int i = 0; i < value.getListValue().getValuesCount(); i++) {
      item.visit(value.getListValue().getValues(i), field.at(name, i));
    }
  }

  private @Nullable Value value(String name) {
    known.add(name);
    Value value = values.get(name);
    return value == null || value.getKindCase() == Value.KindCase.NULL_VALUE ? null : value;
  }

  private void wrong(String name, String wanted) {
    field.at(name).refuse("must be " + wanted);
  }

  /** Durations as the API writes them: numbers with units h, m, s, ms, us, ns. */
  private static final class Durations {
    static @Nullable Duration parse(String text) {
      if (text.isEmpty()) {
        return null;
      }
      double nanos = 0;
      int i = 0;
      while (i < text.length()) {
        int from = i;
        while (i < text.length() && (Character.isDigit(text.charAt(i)) || text.charAt(i) == '.')) {
          i++;
        }
        int unit = i;
        while (i < text.length() && Character.isLetter(text.charAt(i))) {
          i++;
        }
        Double number = number(text.substring(from, unit));
        long scale = scale(text.substring(unit, i).toLowerCase(Locale.ROOT));
        if (number == null || scale == 0) {
          return null;
        }
        nanos += number * scale;
      }
      return nanos > 1e18 ? null : Duration.ofNanos(Math.round(nanos));
    }

    private static @Nullable Double number(String text) {
      return text.matches("\\d{1,12}(\\.\\d{1,9})?") ? Double.valueOf(text) : null;
    }

    private static long scale(String unit) {
      return switch (unit) {
        case "h" -> 3_600_000_000_000L;
        case "m" -> 60_000_000_000L;
        case "s" -> 1_000_000_000L;
        case "ms" -> 1_000_000L;
        case "us" -> 1_000L;
        case "ns" -> 1L;
        default -> 0;
      };
    }
  }
}
