package io.selvage.control.parse;

import com.google.protobuf.BoolValue;
import com.google.protobuf.Duration;
import com.google.protobuf.Struct;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.Value;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.envoyproxy.envoy.config.core.v3.CidrRange;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Small values that many resources share. */
final class Values {
  private static final long MAX_SECONDS = 315_576_000_000L;
  private static final int MAX_REGEX_CHARACTERS = 4096;
  private static final int MAX_REGEX_PROGRAM = 10_000;

  private Values() {}

  static java.time.Duration duration(Duration d, Field f) {
    if (d.getSeconds() < 0 || d.getNanos() < 0) {
      f.refuse("\"" + text(d) + "\": must not be negative");
      return java.time.Duration.ZERO;
    }
    if (d.getSeconds() > MAX_SECONDS || d.getNanos() > 999_999_999) {
      f.refuse("\"" + text(d) + "\": must be a duration of at most " + MAX_SECONDS + "s");
      return java.time.Duration.ZERO;
    }
    return java.time.Duration.ofSeconds(d.getSeconds(), d.getNanos());
  }

  /** As protobuf's JSON mapping writes it, whole seconds without a fraction. */
  private static String text(Duration d) {
    return d.getNanos() == 0
        ? d.getSeconds() + "s"
        : d.getSeconds() + "s and " + d.getNanos() + "ns";
  }

  /** Unsigned, as an int: what is larger is 'no limit'. */
  static int number(boolean present, UInt32Value value, int standard) {
    if (!present) {
      return standard;
    }
    return value.getValue() < 0 ? Integer.MAX_VALUE : value.getValue();
  }

  static boolean flag(boolean present, BoolValue value, boolean standard) {
    return present ? value.getValue() : standard;
  }

  /** 0.0 to 1.0. */
  static double fraction(FractionalPercent percent, Field f) {
    double of =
        switch (percent.getDenominator()) {
          case HUNDRED -> 100;
          case TEN_THOUSAND -> 10_000;
          case MILLION -> 1_000_000;
          case UNRECOGNIZED -> 0;
        };
    if (of == 0) {
      f.refuse("unknown denominator");
      return 0;
    }
    return Math.min(1.0, Integer.toUnsignedLong(percent.getNumerator()) / of);
  }

  static String regex(String text, Field f) {
    if (text.isEmpty()) {
      f.refuse("empty expression");
      return text;
    }
    if (text.length() > MAX_REGEX_CHARACTERS) {
      f.refuse("longer than " + MAX_REGEX_CHARACTERS + " characters");
      return text;
    }
    try {
      if (Pattern.compile(text).programSize() > MAX_REGEX_PROGRAM) {
        f.refuse("too complex; its program has more than " + MAX_REGEX_PROGRAM + " steps");
      }
    } catch (PatternSyntaxException invalid) {
      f.refuse("not an RE2 expression: " + invalid.getMessage());
    }
    return text;
  }

  static io.selvage.engine.model.CidrRange cidr(CidrRange range, Field f) {
    String address = range.getAddressPrefix();
    boolean six = address.indexOf(':') >= 0;
    if (!address.matches(six ? "[0-9A-Fa-f:.]{2,45}" : "\\d{1,3}(\\.\\d{1,3}){3}")) {
      f.at("address_prefix").refuse("not an IP address: '" + address + "'");
    }
    int length = number(range.hasPrefixLen(), range.getPrefixLen(), 0);
    if (length > (six ? 128 : 32)) {
      f.at("prefix_len").refuse("longer than the address: " + length);
    }
    return new io.selvage.engine.model.CidrRange(address, length);
  }

  /** Text that comes with the resource; null (and refused) when it is somewhere else. */
  static @Nullable String inline(DataSource source, Field f) {
    return switch (source.getSpecifierCase()) {
      case INLINE_STRING -> source.getInlineString();
      case INLINE_BYTES -> source.getInlineBytes().toString(StandardCharsets.UTF_8);
      default -> {
        f.refuse("only inline text is supported");
        yield null;
      }
    };
  }

  /** Texts and numbers of one filter's metadata. */
  static Map<String, String> texts(Metadata metadata, String filter) {
    Map<String, String> found = new HashMap<>();
    Struct struct = metadata.getFilterMetadataOrDefault(filter, Struct.getDefaultInstance());
    struct
        .getFieldsMap()
        .forEach(
            (name, value) -> {
              String text = text(value);
              if (text != null) {
                found.put(name, text);
              }
            });
    return found;
  }

  static @Nullable String text(Value value) {
    return switch (value.getKindCase()) {
      case STRING_VALUE -> value.getStringValue();
      case BOOL_VALUE -> String.valueOf(value.getBoolValue());
      case NUMBER_VALUE -> {
        double number = value.getNumberValue();
        yield number == Math.rint(number) && Math.abs(number) < 1e15
            ? String.valueOf((long) number)
            : String.valueOf(number);
      }
      default -> null;
    };
  }
}
