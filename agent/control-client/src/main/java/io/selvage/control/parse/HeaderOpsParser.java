package io.selvage.control.parse;

import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.selvage.engine.model.HeaderOps;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Headers to add and remove. */
final class HeaderOpsParser {
  /** Envoy's substitutions, such as {@code %REQ(x)%}; a doubled percent sign is a plain one. */
  private static final Pattern SUBSTITUTION = Pattern.compile("%[A-Z_]+(\\(.*?\\))?(:\\d+)?%");

  private HeaderOpsParser() {}

  static HeaderOps parse(
      List<HeaderValueOption> adds, String addName, List<String> removes, Field f) {
    if (adds.isEmpty() && removes.isEmpty()) {
      return HeaderOps.NONE;
    }
    List<HeaderOps.HeaderOp> ops = new ArrayList<>();
    for (int i = 0; i < adds.size(); i++) {
      add(adds.get(i), ops, f.at(addName, i));
    }
    List<String> gone = new ArrayList<>();
    for (String name : removes) {
      gone.add(name.toLowerCase(Locale.ROOT));
    }
    return new HeaderOps(ops, gone);
  }

  @SuppressWarnings("deprecation") // append is what istiod sends
  private static void add(HeaderValueOption option, List<HeaderOps.HeaderOp> ops, Field f) {
    String name = option.getHeader().getKey().toLowerCase(Locale.ROOT);
    String value = option.getHeader().getValue();
    if (name.isEmpty()) {
      f.at("header.key").refuse("must not be empty");
      return;
    }
    if (value.isEmpty() && !option.getHeader().getRawValue().isEmpty()) {
      value = option.getHeader().getRawValue().toStringUtf8();
    }
    if (SUBSTITUTION.matcher(value.replace("%%", "")).find()) {
      f.at("header.value").warn("substitutions are not supported, left out: " + value);
      return;
    }
    boolean append;
    switch (option.getAppendAction()) {
      case APPEND_IF_EXISTS_OR_ADD ->
          append = Values.flag(option.hasAppend(), option.getAppend(), true);
      case OVERWRITE_IF_EXISTS_OR_ADD -> append = false;
      default -> {
        f.at("append_action").warn("not supported, left out: " + option.getAppendAction());
        return;
      }
    }
    ops.add(new HeaderOps.HeaderOp(name, value.replace("%%", "%"), append));
  }
}
