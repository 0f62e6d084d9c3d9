package io.selvage.engine.snapshot;

import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.flow.ResponseHead;
import io.selvage.engine.model.HeaderOps;
import io.selvage.engine.model.HeaderOps.Action;
import io.selvage.engine.model.HeaderOps.HeaderOp;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Header operations of all levels that concern a route, one level after the other; within a level
 * removals, then what overwrites, then what adds, all of it judged by what was there before the
 * level's additions. Source: Envoy {@code HeaderParser::evaluateHeaders}.
 *
 * <p>Values may hold substitutions; see {@link ValueFormat}.
 */
public final class HeaderEdits {
  private record Edit(String name, ValueFormat value, Action action, boolean keepEmpty) {
    boolean overwrites() {
      return action == Action.OVERWRITE || action == Action.OVERWRITE_IF_EXISTS;
    }
  }

  /** One level; {@code authority} is what the request's becomes after it, null = it stays. */
  private record Level(String[] remove, Edit[] edits, @Nullable String authority) {}

  /** What headers are changed through. */
  private interface Target {
    @Nullable String header(String name);

    void set(String name, String value);

    void add(String name, String value);

    void remove(String name);
  }

  private final Level[] levels;

  /**
   * Compiles the levels, in the order in which they are applied.
   *
   * @throws IllegalArgumentException when a value is none
   */
  public HeaderEdits(HeaderOps... levels) {
    this(null, levels);
  }

  /**
   * As {@link #HeaderEdits(HeaderOps...)}, where the first level also changes the authority.
   *
   * @param authority null = it stays
   */
  public HeaderEdits(@Nullable String authority, HeaderOps... levels) {
    List<Level> all = new ArrayList<>();
    for (int i = 0; i < levels.length; i++) {
      String own = i == 0 ? authority : null;
      if (!levels[i].isEmpty() || own != null) {
        all.add(level(levels[i], own));
      }
    }
    this.levels = all.toArray(new Level[0]);
  }

  private static Level level(HeaderOps ops, @Nullable String authority) {
    String[] remove =
        ops.remove().stream().map(name -> name.toLowerCase(Locale.ROOT)).toArray(String[]::new);
    Edit[] edits = new Edit[ops.ops().size()];
    for (int i = 0; i < edits.length; i++) {
      HeaderOp op = ops.ops().get(i);
      edits[i] =
          new Edit(
              op.name().toLowerCase(Locale.ROOT),
              ValueFormat.of(op.value()),
              op.action(),
              op.keepEmpty());
    }
    return new Level(remove, edits, authority);
  }

  public boolean isEmpty() {
    return levels.length == 0;
  }

  /** Changes the request of an exchange. */
  public void applyTo(RequestHead head, Exchange x) {
    if (levels.length > 0) {
      apply(new RequestTarget(head), new ValueFormat.View(x, 0, "-", null));
    }
  }

  /** Changes a response. */
  public void applyTo(ResponseHead head, Exchange x) {
    if (levels.length > 0) {
      apply(
          new ResponseTarget(head), new ValueFormat.View(x, head.status(), "-", head::firstHeader));
    }
  }

  /**
   * An answer that the mesh gives itself, with its headers changed. It has no status yet when they
   * are, and only one with a body has a type.
   */
  public Rejection answered(Rejection answer, Exchange x) {
    if (levels.length == 0) {
      return answer;
    }
    Map<String, String> out = new HashMap<>(answer.headers());
    Function<String, @Nullable String> response = out::get;
    apply(new MapTarget(out), new ValueFormat.View(x, 0, answer.flag(), response));
    if (answer.body().isEmpty()) {
      out.remove("content-type");
    }
    return answer.with(out);
  }

  private void apply(Target target, ValueFormat.View view) {
    for (Level level : levels) {
      for (String name : level.remove) {
        target.remove(name);
      }
      String[] values = new String[level.edits.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = wanted(level.edits[i], target, view);
      }
      for (int i = 0; i < values.length; i++) {
        if (values[i] != null && level.edits[i].overwrites()) {
          target.set(level.edits[i].name, values[i]);
        }
      }
      for (int i = 0; i < values.length; i++) {
        if (values[i] != null && !level.edits[i].overwrites()) {
          target.add(level.edits[i].name, values[i]);
        }
      }
      if (level.authority != null) {
        target.set(":authority", level.authority);
      }
    }
  }

  private static @Nullable String wanted(Edit edit, Target target, ValueFormat.View view) {
    String value = edit.value.text(view);
    if (value.isEmpty() && !edit.keepEmpty) {
      return null;
    }
    return switch (edit.action) {
      case APPEND, OVERWRITE -> value;
      case ADD_IF_ABSENT -> target.header(edit.name) == null ? value : null;
      case OVERWRITE_IF_EXISTS -> target.header(edit.name) == null ? null : value;
    };
  }

  private record RequestTarget(RequestHead head) implements Target {
    @Override
    public @Nullable String header(String name) {
      return head.header(name);
    }

    @Override
    public void set(String name, String value) {
      switch (name) {
        case ":authority", "host" -> head.rewriteAuthority(value);
        case ":path" -> head.rewritePath(value);
        default -> head.setHeader(name, value);
      }
    }

    @Override
    public void add(String name, String value) {
      switch (name) {
        case ":authority", "host", ":path" -> set(name, value);
        default -> head.addHeader(name, value);
      }
    }

    @Override
    public void remove(String name) {
      head.removeHeader(name);
    }
  }

  private record ResponseTarget(ResponseHead head) implements Target {
    @Override
    public @Nullable String header(String name) {
      return head.header(name);
    }

    @Override
    public void set(String name, String value) {
      head.setHeader(name, value);
    }

    @Override
    public void add(String name, String value) {
      head.addHeader(name, value);
    }

    @Override
    public void remove(String name) {
      head.removeHeader(name);
    }
  }

  private record MapTarget(Map<String, String> headers) implements Target {
    @Override
    public @Nullable String header(String name) {
      return headers.get(name);
    }

    @Override
    public void set(String name, String value) {
      headers.put(name, value);
    }

    @Override
    public void add(String name, String value) {
      headers.merge(name, value, (old, added) -> old + "," + added);
    }

    @Override
    public void remove(String name) {
      headers.remove(name);
    }
  }
}
