package io.selvage.controller.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.Kinds;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Paths of the Kubernetes-style API. */
final class ResourcePath {
  private ResourcePath() {}

  /** The kind that a person means by a plural, singular, short name or {@code Kind}. */
  static Kind kind(String text) {
    String wanted = text.toLowerCase(Locale.ROOT);
    int dot = wanted.indexOf('.');
    String plain = dot < 0 ? wanted : wanted.substring(0, dot);
    for (Kind kind : Kinds.all()) {
      if (kind.plural().equals(plain)
          || kind.singular().equals(plain)
          || kind.shortNames().contains(plain)) {
        return kind;
      }
    }
    throw new CliException(
        "SELV-8060",
        "there is no kind '"
            + text
            + "'; known: "
            + String.join(", ", Kinds.all().stream().map(Kind::plural).toList())
            + ".");
  }

  /** {@code namespace} null = all of them; {@code name} null = the collection. */
  static String of(Kind kind, @Nullable String namespace, @Nullable String name) {
    StringBuilder path =
        new StringBuilder(kind.group().isEmpty() ? "/api/" : "/apis/" + kind.group() + "/");
    path.append(kind.version());
    if (kind.namespaced() && namespace != null) {
      path.append("/namespaces/").append(segment(namespace));
    }
    path.append('/').append(kind.plural());
    if (name != null) {
      path.append('/').append(segment(name));
    }
    return path.toString();
  }

  /** The path of an object as it is written. */
  static String of(JsonNode document, String defaultNamespace) {
    String apiVersion = document.path("apiVersion").asText();
    String name = document.path("kind").asText();
    Kind kind =
        Kinds.byApiVersion(apiVersion, name)
            .orElseThrow(
                () ->
                    new CliException(
                        "SELV-8061",
                        "(apiVersion, kind) no such kind; found "
                            + apiVersion
                            + " "
                            + name
                            + ". Fix: see 'kubectl api-resources'."));
    String object = document.at("/metadata/name").asText();
    if (object.isEmpty()) {
      throw new CliException(
          "SELV-8062", "(" + name + " metadata.name) is missing. Fix: give it a name.");
    }
    return of(kind, document.at("/metadata/namespace").asText(defaultNamespace), object);
  }

  private static String segment(String text) {
    return java.net.URLEncoder.encode(text, java.nio.charset.StandardCharsets.UTF_8)
        .replace("+", "%20");
  }
}
