package io.selvage.controller.resource.schema;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One node of a schema with its references resolved; the words are OpenAPI's and Kubernetes'.
 *
 * @param type {@code object array string integer number boolean}; empty for int-or-string
 * @param additional schema of the values of a map; null if the object has fixed properties
 * @param atMostOne properties of which at most one may be present
 * @param atLeast least value of a {@code duration}
 * @param mergeKey key by which strategic merge patches find items; null for atomic lists
 */
public record Schema(
    String type,
    String format,
    String description,
    Map<String, Schema> properties,
    @Nullable Schema items,
    @Nullable Schema additional,
    List<String> required,
    List<String> values,
    Bounds bounds,
    @Nullable String pattern,
    boolean intOrString,
    boolean preserveUnknown,
    List<String> atMostOne,
    @Nullable Duration atLeast,
    boolean set,
    List<String> mapKeys,
    @Nullable String mergeKey,
    boolean mergeList) {

  /** Bounds of numbers (inclusive), of lengths and of counts; null where there is none. */
  public record Bounds(
      @Nullable Double minimum,
      @Nullable Double maximum,
      @Nullable Integer minLength,
      @Nullable Integer maxLength,
      @Nullable Integer minItems,
      @Nullable Integer maxItems,
      @Nullable Integer maxProperties) {}

  /** A column that {@code kubectl get} prints. */
  public record Column(
      String name,
      String type,
      String format,
      String jsonPath,
      String description,
      int priority,
      String absent) {}
}
