package io.selvage.controller.translate;

import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.selvage.controller.resource.view.HeaderOperations.Operations;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Header operations as Envoy's options: set overwrites, add appends. */
final class HeaderChanges {
  private HeaderChanges() {}

  static List<HeaderValueOption> additions(Operations operations) {
    List<HeaderValueOption> options = new ArrayList<>();
    operations
        .set()
        .forEach(
            (name, value) -> {
              if (!isHost(name)) {
                options.add(
                    option(
                        name,
                        value,
                        HeaderValueOption.HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD));
              }
            });
    operations
        .add()
        .forEach(
            (name, value) ->
                options.add(
                    option(
                        name,
                        value,
                        HeaderValueOption.HeaderAppendAction.APPEND_IF_EXISTS_OR_ADD)));
    return options;
  }

  private static HeaderValueOption option(
      String name, String value, HeaderValueOption.HeaderAppendAction action) {
    return HeaderValueOption.newBuilder()
        .setHeader(HeaderValue.newBuilder().setKey(name).setValue(value))
        .setAppendAction(action)
        .build();
  }

  /** The value to which {@code Host} is set; empty where it is not. */
  static String host(Operations operations) {
    for (var entry : operations.set().entrySet()) {
      if (isHost(entry.getKey())) {
        return entry.getValue();
      }
    }
    return "";
  }

  private static boolean isHost(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.equals("host") || lower.equals(":authority");
  }
}
