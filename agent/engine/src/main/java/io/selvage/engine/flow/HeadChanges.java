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

  private volatile @Nullable List<Change> list;
  private boolean shared;

  /**
   * Attempts are sent on several threads from now on: what one of them reads no longer changes.
   * Changes are still made by one thread at a time.
   */
  public void share() {
    shared = true;
  }

  void add(Kind kind, String name, String value) {
    List<Change> before = list;
    List<Change> changed =
        before == null ? new ArrayList<>(4) : shared ? new ArrayList<>(before) : before;
    add(changed, kind, name, value);
    if (changed != before) {
      list = changed;
    }
  }

  private static void add(List<Change> list, Kind kind, String name, String value) {
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
    List<Change> made = list;
    return made == null ? List.of() : made;
  }

  /** The values after all changes, given those before them. */
  List<String> apply(String name, List<String> originals) {
    if (list == null) {
      return originals;
    }
    List<String> values = new ArrayList<>(originals);
    for (int i = 0; i < list.size(); i++) {
      Change change = list.get(i);
      if (change.name().equals(name)) {
        if (change.kind() != Kind.ADD) {
          values.clear();
        }
        if (change.kind() != Kind.REMOVE) {
          values.add(change.value());
        }
      }
    }
    return values;
  }

  /**
   * The first of the values after all changes, given the first before them; what was added later is
   * not it.
   */
  @Nullable String first(String name, @Nullable String original) {
    String value = original;
    for (int i = 0; list != null && i < list.size(); i++) {
      Change change = list.get(i);
      if (change.name().equals(name)) {
        value =
            switch (change.kind()) {
              case SET -> change.value();
              case REMOVE -> null;
              case ADD -> value == null ? change.value() : value;
            };
      }
    }
    return value;
  }

  /** The value after all changes, given the value before them. */
  @Nullable String apply(String name, @Nullable String original) {
    List<Change> made = list;
    if (made == null) {
      return original;
    }
    String value = original;
    for (int i = 0; i < made.size(); i++) {
      Change change = made.get(i);
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
