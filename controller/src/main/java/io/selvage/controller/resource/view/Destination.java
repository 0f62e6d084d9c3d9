package io.selvage.controller.resource.view;

/**
 * Istio's {@code Destination}.
 *
 * @param host as written: short name, or fully qualified
 * @param subset empty if none
 * @param port 0 if not given
 */
public record Destination(String host, String subset, int port) {
  static Destination parse(Fields f) {
    return new Destination(f.text("host"), f.text("subset"), f.object("port").number("number"));
  }
}
