package io.selvage.engine.match;

/** The null of JSON in metadata of requests, as opposed to nothing. */
public enum JsonNull {
  NULL;

  @Override
  public String toString() {
    return "null";
  }
}
