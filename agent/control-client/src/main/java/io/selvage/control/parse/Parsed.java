package io.selvage.control.parse;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What became of a resource.
 *
 * @param value null when it is refused
 * @param reasons why it is refused, each beginning with its field path; empty when it is not
 * @param warnings fields that are not supported and were left out
 */
public record Parsed<T>(@Nullable T value, List<String> reasons, List<String> warnings) {
  public Parsed {
    reasons = List.copyOf(reasons);
    warnings = List.copyOf(warnings);
  }
}
