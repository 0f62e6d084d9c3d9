package io.selvage.identity.token;

import io.selvage.engine.match.JsonNull;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a JSON object as RFC 8259 has it and no other way: a name that is there twice, text after
 * the end, or nesting beyond 16 is refused, as two readers could understand it differently. Not
 * thread-safe; never throws but {@link Malformed}.
 */
final class StrictJson {
  private static final int MAX_DEPTH = 16;
  private final String text;
  private int at;

  private StrictJson(String text) {
    this.text = text;
  }

  /** It is no such JSON. */
  static final class Malformed extends Exception {
    private static final long serialVersionUID = 1L;

    Malformed(String message) {
      super(message, null, false, false);
    }
  }

  /**
   * Reads an object.
   *
   * @return texts as {@link String}, whole numbers as {@link Long} if they fit, others as {@link
   *     Double}, null as {@link JsonNull}
   */
  static Map<String, Object> object(String text) throws Malformed {
    StrictJson reader = new StrictJson(text);
    reader.skip();
    Object value = reader.value(0);
    reader.skip();
    if (reader.at < text.length()) {
      throw new Malformed("text after the end");
    }
    if (!(value instanceof Map<?, ?>)) {
      throw new Malformed("not an object");
    }
    @SuppressWarnings("unchecked") // value() makes such maps only
    Map<String, Object> object = (Map<String, Object>) value;
    return object;
  }

  private Object value(int depth) throws Malformed {
    if (depth > MAX_DEPTH) {
      throw new Malformed("nested too deeply");
    }
    return switch (peek()) {
      case '{' -> members(depth);
      case '[' -> elements(depth);
      case '"' -> string();
      case 't' -> word("true", true);
      case 'f' -> word("false", false);
      case 'n' -> word("null", JsonNull.NULL);
      default -> number();
    };
  }

  private Map<String, Object> members(int depth) throws Malformed {
    Map<String, Object> found = new LinkedHashMap<>();
    at++;
    skip();
    if (peek() == '}') {
      at++;
      return found;
    }
    while (true) {
      skip();
      String name = string();
      skip();
      expect(':');
      skip();
      if (found.put(name, value(depth + 1)) != null) {
        throw new Malformed("a name is there twice");
      }
      skip();
      if (peek() == '}') {
        at++;
        return found;
      }
      expect(',');
    }
  }

  private List<Object> elements(int depth) throws Malformed {
    List<Object> found = new ArrayList<>();
    at++;
    skip();
    if (peek() == ']') {
      at++;
      return found;
    }
    while (true) {
      skip();
      found.add(value(depth + 1));
      skip();
      if (peek() == ']') {
        at++;
        return found;
      }
      expect(',');
    }
  }

  private String string() throws Malformed {
    expect('"');
    StringBuilder found = new StringBuilder();
    while (true) {
      char c = peek();
      at++;
      if (c == '"') {
        return found.toString();
      }
      if (c < 0x20) {
        throw new Malformed("a control character in a text");
      }
      found.append(c == '\\' ? escape() : c);
    }
  }

  private char escape() throws Malformed {
    char c = peek();
    at++;
    return switch (c) {
      case '"', '\\', '/' -> c;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> unicode();
      default -> throw new Malformed("unknown escape");
    };
  }

  private char unicode() throws Malformed {
    int value = 0;
    for (int i = 0; i < 4; i++) {
      int digit = peek() < 0x80 ? Character.digit(peek(), 16) : -1;
      if (digit < 0) {
        throw new Malformed("not four hexadecimal digits");
      }
      value = value * 16 + digit;
      at++;
    }
    return (char) value;
  }

  private Object word(String word, Object value) throws Malformed {
    if (!text.startsWith(word, at)) {
      throw new Malformed("unknown word");
    }
    at += word.length();
    return value;
  }

  private Object number() throws Malformed {
    int from = at;
    if (peek() == '-') {
      at++;
    }
    int digits = digits();
    boolean leadingZero = digits > 1 && text.charAt(at - digits) == '0';
    boolean whole = true;
    if (is('.')) {
      at++;
      whole = false;
      leadingZero |= digits() == 0;
    }
    if (is('e') || is('E')) {
      at++;
      whole = false;
      if (is('+') || is('-')) {
        at++;
      }
      leadingZero |= digits() == 0;
    }
    if (digits == 0 || leadingZero || at - from > 40) {
      throw new Malformed("not a value");
    }
    String written = text.substring(from, at);
    return whole && written.length() < 19
        ? (Object) Long.valueOf(written)
        : Double.valueOf(written);
  }

  private int digits() {
    int from = at;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      at++;
    }
    return at - from;
  }

  private boolean is(char c) {
    return at < text.length() && text.charAt(at) == c;
  }

  private char peek() throws Malformed {
    if (at >= text.length()) {
      throw new Malformed("ends too early");
    }
    return text.charAt(at);
  }

  private void expect(char c) throws Malformed {
    if (peek() != c) {
      throw new Malformed("expected " + c);
    }
    at++;
  }

  private void skip() {
    while (is(' ') || is('\t') || is('\n') || is('\r')) {
      at++;
    }
  }

  /** A member that must be a text if it is there. */
  static @Nullable String text(Map<String, Object> object, String name) throws Malformed {
    Object value = object.get(name);
    if (value != null && !(value instanceof String)) {
      throw new Malformed("[" + name + "] is not a text");
    }
    return (String) value;
  }
}
