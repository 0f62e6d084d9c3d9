package io.selvage.controller.cli;

import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code NUMBER[:TARGET][/PROTOCOL]}. */
record PortSpec(int number, int target, String protocol) {
  private static final Pattern FORM =
      Pattern.compile("(\\d{1,5})(?::(\\d{1,5}))?(?:/([a-z0-9]+))?");
  private static final Set<String> PROTOCOLS = Set.of("http", "http2", "grpc", "tcp");

  static PortSpec parse(String text) {
    Matcher m = FORM.matcher(text);
    if (!m.matches()) {
      throw wrong(text, "it is not of the form NUMBER[:TARGET][/PROTOCOL]");
    }
    int number = Integer.parseInt(m.group(1));
    int target = m.group(2) == null ? number : Integer.parseInt(m.group(2));
    String protocol = m.group(3) == null ? "http" : m.group(3);
    if (number < 1 || number > 65535 || target < 1 || target > 65535) {
      throw wrong(text, "a port is 1 to 65535");
    }
    if (!PROTOCOLS.contains(protocol)) {
      throw wrong(text, "the protocol is one of http, http2, grpc, tcp");
    }
    return new PortSpec(number, target, protocol);
  }

  private static CliException wrong(String text, String why) {
    return new CliException(
        "SELV-8041", "(--port) " + why + "; found '" + text + "'. Fix: such as 9080:19081/http.");
  }

  String text() {
    return number + ":" + target + "/" + protocol;
  }
}
