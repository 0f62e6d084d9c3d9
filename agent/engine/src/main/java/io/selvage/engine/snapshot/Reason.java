package io.selvage.engine.snapshot;

/**
 * Why a part of a configuration was not compiled.
 *
 * @param resource kind and name, such as {@code RouteConfiguration 9080}
 * @param field path of the field inside it
 * @param text what is wrong
 */
public record Reason(String resource, String field, String text) {
  @Override
  public String toString() {
    return resource + " " + field + ": " + text;
  }
}
