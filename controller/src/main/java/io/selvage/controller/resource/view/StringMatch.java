package io.selvage.controller.resource.view;

import org.jspecify.annotations.Nullable;

/**
 * Istio's {@code StringMatch}.
 *
 * @param value text, prefix or RE2 expression; empty for {@link Type#PRESENT}
 */
public record StringMatch(Type type, String value) {
  /** How the value is compared. */
  public enum Type {
    EXACT,
    PREFIX,
    REGEX,
    /** No kind of match was set: the name alone must be there. */
    PRESENT
  }

  static @Nullable StringMatch parse(Fields f) {
    if (f.has("exact")) {
      return new StringMatch(Type.EXACT, f.text("exact"));
    }
    if (f.has("prefix")) {
      return new StringMatch(Type.PREFIX, f.text("prefix"));
    }
    if (f.has("regex")) {
      return new StringMatch(Type.REGEX, f.text("regex"));
    }
    return new StringMatch(Type.PRESENT, "");
  }
}
