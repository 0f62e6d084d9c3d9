package io.selvage.control.parse;

import com.google.protobuf.GeneratedMessageLite;
import com.google.protobuf.UnknownFieldSetLite;
import java.lang.reflect.Field;

/**
 * Whether a message carries fields that its class does not have. Lite messages keep them, but show
 * them to nobody, so they are read by reflection; a runtime without the field fails the tests.
 */
final class UnknownFields {
  private static final Field FIELD = field();

  private UnknownFields() {}

  private static Field field() {
    try {
      Field field = GeneratedMessageLite.class.getDeclaredField("unknownFields");
      field.setAccessible(true);
      return field;
    } catch (NoSuchFieldException another) {
      throw new IllegalStateException("another protobuf runtime than the one built for", another);
    }
  }

  /** The message itself; not those inside it. */
  static boolean in(GeneratedMessageLite<?, ?> message) {
    try {
      return !UnknownFieldSetLite.getDefaultInstance().equals(FIELD.get(message));
    } catch (IllegalAccessException impossible) {
      return true;
    }
  }
}
