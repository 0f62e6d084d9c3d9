package io.selvage.controller.resource;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Outcome of a parse that never throws: a value, or the reasons why there is none.
 *
 * @param value null exactly when {@code violations} is not empty
 */
public record Checked<T>(@Nullable T value, List<Violation> violations) {

  public Checked {
    violations = List.copyOf(violations);
    if ((value == null) != !violations.isEmpty()) {
      throw new IllegalArgumentException("either a value or violations");
    }
  }

  /** The value when there are no violations, else nothing. */
  public static <T> Checked<T> of(T value, List<Violation> violations) {
    return violations.isEmpty() ? new Checked<>(value, List.of()) : new Checked<>(null, violations);
  }

  public boolean ok() {
    return value != null;
  }

  public Optional<T> toOptional() {
    return Optional.ofNullable(value);
  }
}
