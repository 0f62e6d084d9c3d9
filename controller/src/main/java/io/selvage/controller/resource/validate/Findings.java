package io.selvage.controller.resource.validate;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.selvage.controller.resource.Violation;
import io.selvage.controller.resource.Violation.Cause;
import io.selvage.controller.resource.ViolationCode;
import io.selvage.controller.resource.view.StringMatch;
import io.selvage.controller.resource.view.TargetRef;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Collects what is wrong with the meaning of a document, and holds the checks that kinds share. */
final class Findings {

  private static final int MAX_REGEX_CHARACTERS = 4096;
  private static final int MAX_REGEX_PROGRAM = 10_000;

  private static final Pattern DNS_LABEL =
      Pattern.compile("[a-zA-Z0-9_]([-a-zA-Z0-9_]{0,61}[a-zA-Z0-9_])?");
  private static final Pattern LABEL_KEY =
      Pattern.compile(
          "([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?"
              + "([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]");
  private static final Pattern LABEL_VALUE =
      Pattern.compile("(([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9])?");
  private static final Pattern HEADER_NAME = Pattern.compile(":?[-!#$%&'*+.^_`|~0-9A-Za-z]+");
  private static final Pattern IP_V4 =
      Pattern.compile("(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})");

  private final List<Violation> violations = new ArrayList<>();

  List<Violation> violations() {
    return violations;
  }

  void invalid(String field, String message) {
    violations.add(new Violation(ViolationCode.MEANING.code(), field, Cause.INVALID, message));
  }

  void forbidden(String field, String message) {
    violations.add(new Violation(ViolationCode.MEANING.code(), field, Cause.FORBIDDEN, message));
  }

  /** Fields that exclude each other. */
  void exclusive(String field, String message) {
    violations.add(new Violation(ViolationCode.ONE_OF.code(), field, Cause.FORBIDDEN, message));
  }

  void required(String field, String message) {
    violations.add(new Violation(ViolationCode.REQUIRED.code(), field, Cause.REQUIRED, message));
  }

  void duplicate(String field, Object found) {
    violations.add(
        new Violation(ViolationCode.DUPLICATE.code(), field, Cause.DUPLICATE, "\"" + found + "\""));
  }

  /** A host name, with {@code *} allowed as its first label where {@code wildcard}. */
  void host(String field, String host, boolean wildcard) {
    if (host.isEmpty()) {
      required(field, "a host name");
      return;
    }
    String rest = host;
    if (wildcard && host.startsWith("*")) {
      if (host.equals("*")) {
        return;
      }
      rest = host.startsWith("*.") ? host.substring(2) : host.substring(1);
    }
    if (ipAddress(rest) || (host.length() <= 255 && labels(rest))) {
      return;
    }
    violations.add(
        new Violation(
            ViolationCode.HOST.code(),
            field,
            Cause.INVALID,
            "\"" + host + "\": must be a DNS name" + (wildcard ? ", * allowed as a prefix" : "")));
  }

  private static boolean labels(String name) {
    String trimmed = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    if (trimmed.isEmpty()) {
      return false;
    }
    for (String label : trimmed.split("\\.", -1)) {
      if (!DNS_LABEL.matches(label)) {
        return false;
      }
    }
    return true;
  }

  /** Whether the text is an IPv4 or IPv6 literal; never resolves a name. */
  static boolean ipAddress(String text) {
    com.google.re2j.Matcher v4 = IP_V4.matcher(text);
    if (v4.matches()) {
      for (int i = 1; i <= 4; i++) {
        if (Integer.parseInt(v4.group(i)) > 255) {
          return false;
        }
      }
      return true;
    }
    return text.indexOf(':') >= 0 && ipV6(text);
  }

  private static boolean ipV6(String text) {
    String[] halves = text.split("::", -1);
    if (halves.length > 2) {
      return false;
    }
    int groups = 0;
    for (String half : halves) {
      if (half.isEmpty()) {
        continue;
      }
      for (String group : half.split(":", -1)) {
        if (IP_V4.matches(group) && ipAddress(group)) {
          groups += 2;
        } else if (group.matches("[0-9a-fA-F]{1,4}")) {
          groups++;
        } else {
          return false;
        }
      }
    }
    return halves.length == 2 ? groups < 8 : groups == 8;
  }

  /** An address or a CIDR range. */
  void ipBlock(String field, String text) {
    int slash = text.indexOf('/');
    String address = slash < 0 ? text : text.substring(0, slash);
    boolean good = ipAddress(address);
    if (good && slash >= 0) {
      String length = text.substring(slash + 1);
      int most = address.indexOf(':') >= 0 ? 128 : 32;
      good = length.matches("\\d{1,3}") && Integer.parseInt(length) <= most;
    }
    if (!good) {
      invalid(field, "\"" + text + "\": must be an IP address or a CIDR range");
    }
  }

  void port(String field, int port) {
    if (port < 1 || port > 65535) {
      invalid(field, port + ": port must be between 1-65535");
    }
  }

  void regex(String field, String regex) {
    String reason = null;
    if (regex.length() > MAX_REGEX_CHARACTERS) {
      reason = "longer than " + MAX_REGEX_CHARACTERS + " characters";
    } else {
      try {
        if (Pattern.compile(regex).programSize() > MAX_REGEX_PROGRAM) {
          reason = "too complex; its program has more than " + MAX_REGEX_PROGRAM + " steps";
        }
      } catch (PatternSyntaxException e) {
        reason = "not an RE2 expression: " + e.getMessage();
      }
    }
    if (reason != null) {
      violations.add(new Violation(ViolationCode.REGEX.code(), field, Cause.INVALID, reason));
    }
  }

  void stringMatch(String field, @org.jspecify.annotations.Nullable StringMatch match) {
    if (match != null && match.type() == StringMatch.Type.REGEX) {
      regex(field + ".regex", match.value());
    }
  }

  void stringMatches(String field, Map<String, StringMatch> matches) {
    matches.forEach((name, match) -> stringMatch(field + "[" + name + "]", match));
  }

  void headerName(String field, String name) {
    if (!HEADER_NAME.matches(name)) {
      invalid(field, "\"" + name + "\": must be the name of a header");
    }
  }

  void labels(String field, Map<String, String> labels) {
    labels.forEach(
        (key, value) -> {
          if (key.length() > 316 || !LABEL_KEY.matches(key)) {
            label(field, "\"" + key + "\": must be a label key; wildcards are not allowed");
          }
          if (!LABEL_VALUE.matches(value)) {
            String what =
                value.contains("*")
                    ? "wildcard is not supported in selector"
                    : "must be a label value of at most 63 characters";
            label(field + "[" + key + "]", "\"" + value + "\": " + what);
          }
        });
  }

  private void label(String field, String message) {
    violations.add(new Violation(ViolationCode.LABELS.code(), field, Cause.INVALID, message));
  }

  void dnsLabel(String field, String name) {
    if (!name.matches("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")) {
      invalid(
          field,
          "\""
              + name
              + "\": must be a lower-case DNS label of at most 63 characters (a-z, 0-9, -)");
    }
  }

  /** Namespaces that see an object: {@code .}, {@code *}, {@code ~} or names; no repeats. */
  void exportTo(List<String> namespaces) {
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < namespaces.size(); i++) {
      String field = "spec.exportTo[" + i + "]";
      String namespace = namespaces.get(i);
      if (!seen.add(namespace)) {
        duplicate(field, namespace);
      }
      if (!namespace.equals(".") && !namespace.equals("*") && !namespace.equals("~")) {
        dnsLabel(field, namespace);
      }
    }
    if (seen.contains("*") && seen.size() > 1) {
      invalid("spec.exportTo", "* with other namespaces means nothing more");
    }
  }

  void percentage(String field, double value) {
    if (!(value >= 0 && value <= 100)) {
      invalid(field, value + ": must be between 0 and 100");
    }
  }

  void notNegative(String field, @org.jspecify.annotations.Nullable Integer value) {
    if (value != null && value < 0) {
      invalid(field, value + ": must not be negative");
    }
  }

  /** Targets of a {@code selvage.io} policy, under {@code spec.targetRefs}. */
  void targets(List<TargetRef> targets) {
    Set<TargetRef> seen = new HashSet<>();
    for (int i = 0; i < targets.size(); i++) {
      TargetRef target = targets.get(i);
      String field = "spec.targetRefs[" + i + "]";
      String group = target.isService() ? "" : "networking.istio.io";
      if (!target.group().equals(group)) {
        invalid(
            field + ".group",
            "\"" + target.group() + "\": " + target.kind() + " is of group \"" + group + "\"");
      }
      if (!seen.add(target)) {
        duplicate(field, target.name());
      }
    }
  }
}
