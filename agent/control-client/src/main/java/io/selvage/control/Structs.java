package io.selvage.control;

import com.google.protobuf.ListValue;
import com.google.protobuf.NullValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Maps and lists to {@code google.protobuf.Struct} and back. */
final class Structs {
  private Structs() {}

  static Struct struct(Map<String, ?> map) {
    Struct.Builder struct = Struct.newBuilder();
    map.forEach((name, value) -> struct.putFields(name, value(value)));
    return struct.build();
  }

  static Value value(@Nullable Object value) {
    Value.Builder out = Value.newBuilder();
    if (value == null) {
      out.setNullValue(NullValue.NULL_VALUE);
    } else if (value instanceof Boolean flag) {
      out.setBoolValue(flag);
    } else if (value instanceof Number number) {
      out.setNumberValue(number.doubleValue());
    } else if (value instanceof Map<?, ?> map) {
      Struct.Builder struct = Struct.newBuilder();
      map.forEach((name, each) -> struct.putFields(String.valueOf(name), value(each)));
      out.setStructValue(struct);
    } else if (value instanceof Iterable<?> all) {
      ListValue.Builder list = ListValue.newBuilder();
      all.forEach(each -> list.addValues(value(each)));
      out.setListValue(list);
    } else {
      out.setStringValue(value.toString());
    }
    return out.build();
  }

  static Map<String, Object> map(Struct struct) {
    Map<String, Object> map = new LinkedHashMap<>();
    struct
        .getFieldsMap()
        .forEach(
            (name, value) -> {
              Object plain = plain(value);
              if (plain != null) {
                map.put(name, plain);
              }
            });
    return map;
  }

  private static @Nullable Object plain(Value value) {
    return switch (value.getKindCase()) {
      case STRING_VALUE -> value.getStringValue();
      case BOOL_VALUE -> value.getBoolValue();
      case NUMBER_VALUE -> value.getNumberValue();
      case STRUCT_VALUE -> map(value.getStructValue());
      case LIST_VALUE -> {
        List<Object> list = new ArrayList<>();
        for (Value each : value.getListValue().getValuesList()) {
          Object plain = plain(each);
          if (plain != null) {
            list.add(plain);
          }
        }
        yield list;
      }
      default -> null;
    };
  }
}
