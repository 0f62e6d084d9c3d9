package io.selvage.control;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where a controller listens for agents. */
public record ControlAddress(String host, int port) {
  private static final int STANDARD_PORT = 15012;

  /** Reads {@code host[:port]}, several separated by commas; what is no address is left out. */
  public static List<ControlAddress> parse(String text) {
    List<ControlAddress> found = new ArrayList<>();
    for (String part : text.split(",")) {
      ControlAddress address = one(part.strip());
      if (address != null) {
        found.add(address);
      }
    }
    return found;
  }

  private static @Nullable ControlAddress one(String text) {
    int end = text.startsWith("[") ? text.indexOf(']') : -1;
    int colon = text.indexOf(':', Math.max(0, end));
    String host = end > 0 ? text.substring(1, end) : colon < 0 ? text : text.substring(0, colon);
    if (host.isEmpty()) {
      return null;
    }
    if (colon < 0) {
      return new ControlAddress(host, STANDARD_PORT);
    }
    try {
      int port = Integer.parseInt(text.substring(colon + 1));
      return port > 0 && port <= 65_535 ? new ControlAddress(host, port) : null;
    } catch (NumberFormatException notOne) {
      return null;
    }
  }

  @Override
  public String toString() {
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
  }
}
