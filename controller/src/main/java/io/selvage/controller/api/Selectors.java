package io.selvage.controller.api;

import io.selvage.controller.resource.Resource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Kubernetes' label and field selectors. */
final class Selectors {
  private static final Pattern SET =
      Pattern.compile("\\s*([-A-Za-z0-9_./]+)\\s+(in|notin)\\s*\\(([^)]*)\\)\\s*");
  private static final Pattern EQUALITY =
      Pattern.compile("\\s*([-A-Za-z0-9_./]+)\\s*(==|=|!=)\\s*([-A-Za-z0-9_./:]*)\\s*");
  private static final Pattern EXISTS = Pattern.compile("\\s*(!?)\\s*([-A-Za-z0-9_./]+)\\s*");

  private Selectors() {}

  /** Both selectors of a request together; an empty one matches everything. */
  static Predicate<Resource> of(String labelSelector, String fieldSelector) {
    Predicate<Map<String, String>> labels = labels(labelSelector);
    Predicate<Resource> fields = fields(fieldSelector);
    return resource -> labels.test(resource.labels()) && fields.test(resource);
  }

  static Predicate<Map<String, String>> labels(String selector) {
    Predicate<Map<String, String>> all = labels -> true;
    for (String term : terms(selector)) {
      all = all.and(label(term));
    }
    return all;
  }

  private static Predicate<Map<String, String>> label(String term) {
    Matcher set = SET.matcher(term);
    if (set.matches()) {
      String key = set.group(1);
      Set<String> values =
          Stream.of(set.group(3).split(",")).map(String::trim).collect(Collectors.toSet());
      return set.group(2).equals("in")
          ? labels -> labels.containsKey(key) && values.contains(labels.get(key))
          : labels -> !labels.containsKey(key) || !values.contains(labels.get(key));
    }
    Matcher equality = EQUALITY.matcher(term);
    if (equality.matches()) {
      String key = equality.group(1);
      String value = equality.group(3);
      return equality.group(2).equals("!=")
          ? labels -> !value.equals(labels.get(key))
          : labels -> value.equals(labels.get(key));
    }
    Matcher exists = EXISTS.matcher(term);
    if (exists.matches()) {
      String key = exists.group(2);
      boolean wanted = exists.group(1).isEmpty();
      return labels -> labels.containsKey(key) == wanted;
    }
    throw ApiFailure.badRequest("unable to parse requirement: \"" + term + "\"");
  }

  private static Predicate<Resource> fields(String selector) {
    Predicate<Resource> all = resource -> true;
    for (String term : terms(selector)) {
      Matcher equality = EQUALITY.matcher(term);
      if (!equality.matches()) {
        throw ApiFailure.badRequest("invalid field selector: \"" + term + "\"");
      }
      boolean wanted = !equality.group(2).equals("!=");
      String value = equality.group(3);
      all =
          all.and(
              switch (equality.group(1)) {
                case "metadata.name" -> r -> r.name().equals(value) == wanted;
                case "metadata.namespace" -> r -> r.namespace().equals(value) == wanted;
                default ->
                    throw ApiFailure.badRequest("field label not supported: " + equality.group(1));
              });
    }
    return all;
  }

  /** Splits at commas outside parentheses. */
  private static List<String> terms(String selector) {
    List<String> terms = new ArrayList<>();
    int depth = 0;
    int start = 0;
    for (int i = 0; i < selector.length(); i++) {
      char c = selector.charAt(i);
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
      if (c == ',' && depth == 0) {
        terms.add(selector.substring(start, i));
        start = i + 1;
      }
    }
    if (start < selector.length()) {
      terms.add(selector.substring(start));
    }
    return terms;
  }
}
