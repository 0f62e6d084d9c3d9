package io.selvage.controller.api;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One way into the API. What it needs is part of it, so that no way exists without a check.
 *
 * @param pattern segments; {@code *} is any one, {@code **} at the end any number, even none
 */
record Route(String method, String pattern, Needs needs, Handler handler) {

  /** Answers an allowed call; null if it streamed its answer. */
  interface Handler {
    @Nullable Reply answer(Call call) throws IOException;
  }

  boolean fits(List<String> path) {
    String[] parts = pattern.split("/");
    for (int i = 0; i < parts.length; i++) {
      if (parts[i].equals("**")) {
        return true;
      }
      if (i >= path.size() || !(parts[i].equals("*") || parts[i].equals(path.get(i)))) {
        return false;
      }
    }
    return parts.length == path.size();
  }
}
