package io.selvage.controller.api;

import java.util.Set;

/**
 * Query parameters of a write.
 *
 * @param validation {@code Strict}, {@code Warn} or {@code Ignore}
 */
record WriteOptions(
    String manager, boolean managerGiven, boolean dryRun, boolean force, String validation) {

  static WriteOptions of(Call call) {
    String dryRun = call.query("dryRun");
    if (!dryRun.isEmpty() && !dryRun.equals("All")) {
      throw ApiFailure.badRequest("dryRun: Unsupported value: supported values: \"All\"");
    }
    String validation = call.query("fieldValidation");
    if (!Set.of("", "Strict", "Warn", "Ignore").contains(validation)) {
      throw ApiFailure.badRequest(
          "fieldValidation: Unsupported value: supported values: \"Ignore\", \"Strict\", \"Warn\"");
    }
    String manager = call.query("fieldManager");
    return new WriteOptions(
        manager.isEmpty() ? agent(call.header("User-Agent")) : manager,
        !manager.isEmpty(),
        !dryRun.isEmpty(),
        call.flag("force"),
        validation.isEmpty() ? "Warn" : validation);
  }

  private static String agent(String userAgent) {
    int slash = userAgent.indexOf('/');
    String name = slash < 0 ? userAgent : userAgent.substring(0, slash);
    return name.isEmpty() ? "unknown" : name;
  }
}
