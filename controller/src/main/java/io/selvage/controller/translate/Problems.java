package io.selvage.controller.translate;

import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.ResourceKey;
import io.selvage.controller.resource.Violation;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What of the users' resources is not, or not exactly, done. Collected while translating, shown in
 * their status. Thread-safe.
 */
public final class Problems {
  private final Map<ResourceKey, TreeSet<Problem>> all = new TreeMap<>();

  /** One finding: field path, reason in a word, sentence. */
  public record Problem(String field, Reason reason, String text) implements Comparable<Problem> {
    @Override
    public int compareTo(Problem other) {
      int byField = field.compareTo(other.field);
      return byField != 0 ? byField : text.compareTo(other.text);
    }
  }

  /** Kinds of findings. */
  public enum Reason {
    /** The field has no effect here. */
    UNSUPPORTED,
    /** The field refers to something that is not there. */
    UNRESOLVED,
    /** The value cannot be used; the rule or the resource is left out. */
    INVALID,
    /** Another resource says something else and wins. */
    CONFLICT
  }

  synchronized void add(Resource resource, String field, Reason reason, String text) {
    all.computeIfAbsent(resource.key(), k -> new TreeSet<>()).add(new Problem(field, reason, text));
  }

  /** Takes over what {@code other} holds. */
  void addAll(Problems other) {
    Map<ResourceKey, List<Problem>> found = other.read();
    synchronized (this) {
      found.forEach(
          (key, problems) -> all.computeIfAbsent(key, k -> new TreeSet<>()).addAll(problems));
    }
  }

  void unsupported(Resource resource, String field, String why) {
    add(resource, field, Reason.UNSUPPORTED, why);
  }

  void invalid(Resource resource, List<Violation> violations) {
    for (Violation violation : violations) {
      add(resource, violation.field(), Reason.INVALID, violation.message());
    }
  }

  /** Findings by resource, each list in order of field. */
  public synchronized Map<ResourceKey, List<Problem>> read() {
    Map<ResourceKey, List<Problem>> copy = new TreeMap<>();
    all.forEach((key, problems) -> copy.put(key, List.copyOf(problems)));
    return copy;
  }
}
