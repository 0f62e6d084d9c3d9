package io.selvage.controller.resource;

/**
 * One reason why a document is refused.
 *
 * @param code code of the message catalogue, for instance {@code SELV-7102}
 * @param field path from the document's root, for instance {@code spec.http[0].route[1].weight}
 * @param cause class of the reason, in the words of Kubernetes' {@code details.causes[].reason}
 * @param message what is wrong and what was found; without the path
 */
public record Violation(String code, String field, Cause cause, String message) {
  /** Classes of reasons that Kubernetes clients know. */
  public enum Cause {
    REQUIRED("FieldValueRequired", "Required value"),
    INVALID("FieldValueInvalid", "Invalid value"),
    NOT_SUPPORTED("FieldValueNotSupported", "Unsupported value"),
    TYPE_INVALID("FieldValueTypeInvalid", "Invalid value"),
    DUPLICATE("FieldValueDuplicate", "Duplicate value"),
    TOO_LONG("FieldValueTooLong", "Too long"),
    TOO_MANY("FieldValueTooMany", "Too many"),
    FORBIDDEN("FieldValueForbidden", "Forbidden");

    private final String reason;
    private final String words;

    Cause(String reason, String words) {
      this.reason = reason;
      this.words = words;
    }

    /** Value of {@code details.causes[].reason}. */
    public String reason() {
      return reason;
    }

    /** The words that Kubernetes starts such a message with. */
    public String words() {
      return words;
    }
  }

  /** {@code field: words: message}, as Kubernetes prints field errors. */
  public String text() {
    return field + ": " + cause.words() + ": " + message;
  }
}
