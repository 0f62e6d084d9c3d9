package io.selvage.controller.analysis;

/**
 * One thing that is wrong with a document, or has no effect.
 *
 * @param code of the message catalogue
 * @param origin {@code Kind namespace/name}; a kind without namespaces, {@code Kind name}
 * @param field path from the document's root; empty for the document as a whole
 * @param message what is wrong; without path and code
 * @param reference where the document was read
 */
public record Finding(
    String code, Level level, String origin, String field, String message, String reference) {
  /** How bad it is, the least first. */
  public enum Level {
    INFO,
    WARNING,
    ERROR
  }

  /** One line: level, code, origin with path, message. */
  public String text() {
    String name = level.name();
    return name.charAt(0)
        + name.substring(1).toLowerCase(java.util.Locale.ROOT)
        + " ["
        + code
        + "] ("
        + origin
        + (field.isEmpty() ? "" : " " + field)
        + ") "
        + message;
  }
}
