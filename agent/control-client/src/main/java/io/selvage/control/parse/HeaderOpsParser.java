package io.selvage.control.parse;

import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.selvage.engine.model.HeaderOps;
import io.selvage.engine.snapshot.ValueFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Headers to add and remove. */
final class HeaderOpsParser {
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
    String removeName = addName.replace("_to_add", "_to_remove");
    for (int i = 0; i < removes.size(); i++) {
      String name = removes.get(i).toLowerCase(Locale.ROOT);
      if (isOurs(name, f.at(removeName, i))) {
        gone.add(name);
      }
    }
    return new HeaderOps(ops, gone);
  }

  @SuppressWarnings("deprecation") // append is what istiod sends
  private static void add(HeaderValueOption option, List<HeaderOps.HeaderOp> ops, Field f) {
    String name = option.getHeader().getKey().toLowerCase(Locale.ROOT);
    String value = option.getHeader().getValue();
    if (!isOurs(name, f.at("header.key"))) {
      return;
    }
    if (value.isEmpty() && !option.getHeader().getRawValue().isEmpty()) {
      value = option.getHeader().getRawValue().toStringUtf8();
    }
    try {
      var unused = ValueFormat.of(value);
    } catch (IllegalArgumentException bad) {
      f.at("header.value").refuse(String.valueOf(bad.getMessage()));
    }
    if (option.hasAppend()
        && option.getAppendAction()
            != HeaderValueOption.HeaderAppendAction.APPEND_IF_EXISTS_OR_ADD) {
      f.refuse("both append and append_action are set");
    }
    HeaderOps.Action action =
        switch (option.getAppendAction()) {
          case APPEND_IF_EXISTS_OR_ADD ->
              Values.flag(option.hasAppend(), option.getAppend(), true)
                  ? HeaderOps.Action.APPEND
                  : HeaderOps.Action.OVERWRITE;
          case ADD_IF_ABSENT -> HeaderOps.Action.ADD_IF_ABSENT;
          case OVERWRITE_IF_EXISTS_OR_ADD -> HeaderOps.Action.OVERWRITE;
          case OVERWRITE_IF_EXISTS -> HeaderOps.Action.OVERWRITE_IF_EXISTS;
          case UNRECOGNIZED -> {
            f.at("append_action").refuse("unknown action " + option.getAppendActionValue());
            yield HeaderOps.Action.APPEND;
          }
        };
    ops.add(new HeaderOps.HeaderOp(name, value, action, option.getKeepEmptyValue()));
  }

  /** The request line is changed by rewrites only, as in Envoy. */
  private static boolean isOurs(String name, Field f) {
    if (name.isEmpty()) {
      f.refuse("must not be empty");
      return false;
    }
    if (name.startsWith(":") || name.equals("host")) {
      f.refuse("the request line is changed by rewrites only; found '" + name + "'");
      return false;
    }
    return true;
  }
}
