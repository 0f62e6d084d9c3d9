package io.selvage.controller.resource;

/** Codes of reasons to refuse a document, with what {@code selvage explain} says about each. */
public enum ViolationCode {
  TYPE(
      "SELV-7102",
      "a field has a value of the wrong type, such as a number where text is wanted. Fix: 'kubectl"
          + " explain KIND.FIELD' shows the type; quote text that looks like a number."),
  REQUIRED(
      "SELV-7103", "a field that must be given is missing. Fix: give it; the message names it."),
  ENUM(
      "SELV-7104",
      "a field has a value that is not among the supported ones. Fix: use one of those that the"
          + " message lists; they are case-sensitive."),
  RANGE(
      "SELV-7105",
      "a number, a duration, a length or a count is out of its range. Fix: stay within the bounds"
          + " that the message names."),
  ONE_OF("SELV-7106", "fields that exclude each other are given together. Fix: keep one of them."),
  DUPLICATE("SELV-7107", "a value that must be unique occurs twice. Fix: remove or rename one."),
  FORMAT(
      "SELV-7108",
      "text is not of the form that the field wants (a duration with a unit, a date, base64, a"
          + " pattern). Fix: write it in that form, such as 1.5s or 250ms."),
  MEANING(
      "SELV-7110",
      "the document is well formed but cannot mean what it says, such as weights that sum to zero or"
          + " a port above 65535. Fix: correct the field that the message names."),
  HOST(
      "SELV-7111",
      "text is not a host name. Fix: use a DNS name; where the message allows it, * as its first"
          + " label."),
  REGEX(
      "SELV-7112",
      "a regular expression is not RE2, or too large. Fix: RE2 has no look-around and no"
          + " back-references; shorten it or match by prefix."),
  LABELS(
      "SELV-7113",
      "a label key or value is malformed; selectors know no wildcards. Fix: at most 63 of letters,"
          + " digits, '-', '_' and '.'.");

  private final String code;
  private final String text;

  ViolationCode(String code, String text) {
    this.code = code;
    this.text = text;
  }

  /** The code as messages carry it. */
  public String code() {
    return code;
  }

  /** What it means and what to do. */
  public String text() {
    return text;
  }

  /** What to do about a code, from {@code Fix:} on; empty for a code that is none of these. */
  public static String fixOf(String code) {
    for (ViolationCode each : values()) {
      if (each.code.equals(code)) {
        return each.text.substring(each.text.indexOf("Fix: "));
      }
    }
    return "";
  }
}
