package io.selvage.engine.flow;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Header changes that layers ask for and a codec applies, in order; empty until the first change.
 *
 * <p>Names are lower case. Not thread-safe.
 */
public final class HeadChanges {
  /** One change. */
  public record Change(Kind kind, String name, String value) {}

  /** What to do. */
  public enum Kind {
    SET,
    ADD,
    REMOVE
  }

  private @Nullable List<Change> list;

  void add(Kind kind, String name, String value) {
    if (list == null) {
      list = new ArrayList<>(4);
    }
    if (kind == Kind.SET) {
      // what is set once per attempt (attempt count, expected timeout) must not pile up
      for (int i = list.size() - 1; i >= 0; i--) {
        Change earlier = list.get(i);
        if (earlier.name().equals(name)) {
          if (earlier.kind() == Kind.SET) {
            list.set(i, new Change(kind, name, value));
            return;
          }
          break;
        }
      }
    }
    list.add(new Change(kind, name, value));
  }

  void addAll(HeadChanges other) {
    if (other.list != null) {
      list = new ArrayList<>(other.list);
    }
  }

  /** The changes in the order they were made; never null. */
  public List<Change> list() {
    return list == null ? List.of() : list;
  }

  /** The value after all changes, given the value before them. */
  @Nullable String apply(String name, @Nullable String original) {
    if (list == null) {
      return original;
    }
    String value = original;
    for (int i = 0; i < list.size(); i++) {
      Change change = list.get(i);
      if (change.name().equals(name)) {
        value =
            switch (change.kind()) {
              case SET -> change.value();
              case REMOVE -> null;
              case ADD -> value == null ? change.value() : value + "," + change.value();
            };
      }
    }
    return value;
  }
}
