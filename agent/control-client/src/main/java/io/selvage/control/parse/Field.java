package io.selvage.control.parse;

import com.google.protobuf.Any;
import com.google.protobuf.GeneratedMessageLite;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Parser;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A place in a resource that is being read, and where complaints about it go. Not thread-safe. */
final class Field {
  private static final String PREFIX = "type.googleapis.com/";
  private static final int MAX_COMPLAINTS = 20;

  private final String path;
  private final List<String> reasons;
  private final List<String> warnings;

  private Field(String path, List<String> reasons, List<String> warnings) {
    this.path = path;
    this.reasons = reasons;
    this.warnings = warnings;
  }

  /** Reads a whole resource; anything that escapes is a reason. */
  static <T> Parsed<T> read(Function<Field, @Nullable T> reader) {
    Field root = new Field("", new ArrayList<>(), new ArrayList<>());
    T value = null;
    try {
      value = reader.apply(root);
    } catch (RuntimeException bug) {
      root.refuse("cannot be read: " + bug);
    }
    if (value == null && root.reasons.isEmpty()) {
      root.refuse("has no content");
    }
    return new Parsed<>(root.reasons.isEmpty() ? value : null, root.reasons, root.warnings);
  }

  Field at(String name) {
    return new Field(path.isEmpty() ? name : path + "." + name, reasons, warnings);
  }

  Field at(String name, int index) {
    return at(name + "[" + index + "]");
  }

  Field at(String name, String key) {
    return at(name + "[" + key + "]");
  }

  /** The resource cannot be used. */
  void refuse(String reason) {
    if (reasons.size() < MAX_COMPLAINTS) {
      reasons.add(path.isEmpty() ? reason : path + ": " + reason);
    }
  }

  /** The field is left out. */
  void warn(String text) {
    if (warnings.size() < MAX_COMPLAINTS) {
      warnings.add(path.isEmpty() ? text : path + ": " + text);
    }
  }

  /** The field is left out, if it is there. */
  void unsupported(boolean present, String name) {
    if (present) {
      at(name).warn("not supported, left out");
    }
  }

  /** The resource cannot be used if the field is there. */
  void forbidden(boolean present, String name) {
    if (present) {
      at(name).refuse("not supported");
    }
  }

  /**
   * Refuses fields that this agent does not know: a newer controller may mean a restriction by
   * them.
   */
  void nothingUnknown(GeneratedMessageLite<?, ?> message) {
    if (UnknownFields.in(message)) {
      refuse("holds fields that this agent does not know");
    }
  }

  /** The message in an Any; null (and refused) when it is another or broken. */
  <M> @Nullable M unpack(Any any, String type, Parser<M> parser) {
    if (!any.getTypeUrl().equals(PREFIX + type)) {
      refuse("unknown type " + any.getTypeUrl() + "; expected " + type);
      return null;
    }
    try {
      return parser.parseFrom(any.getValue());
    } catch (InvalidProtocolBufferException broken) {
      refuse("is no " + type + ": " + broken.getMessage());
      return null;
    }
  }

  static String typeOf(Any any) {
    String url = any.getTypeUrl();
    return url.substring(url.lastIndexOf('/') + 1);
  }
}
