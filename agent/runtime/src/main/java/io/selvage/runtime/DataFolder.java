package io.selvage.runtime;

import java.io.File;
import org.jspecify.annotations.Nullable;

/** The folder of this workload: identity, snapshot, access log. Mode 0700. */
final class DataFolder {
  private DataFolder() {}

  /**
   * Opens or makes it; null (and a line) when that cannot be done, or when there is no mesh to keep
   * anything of.
   */
  static @Nullable File of(Settings settings, WorkloadFacts workload, AgentLog log) {
    if (!settings.isSet(Setting.CONTROLLER)) {
      return null;
    }
    File folder =
        settings.isSet(Setting.DATA_DIR)
            ? new File(settings.text(Setting.DATA_DIR))
            : new File(
                new File(System.getProperty("user.home", "."), ".selvage/workloads"),
                workload.folder());
    boolean existed = folder.isDirectory();
    if (!existed && !folder.mkdirs()) {
      log.warn(
          "SELV-1031",
          "(Settings selvage.data-dir) the folder "
              + folder
              + " cannot be made; nothing is kept, and a restart needs the controller and a new token. Fix: set it to a folder that this user may write");
      return null;
    }
    if (!existed) {
      boolean mine =
          folder.setReadable(false, false)
              & folder.setWritable(false, false)
              & folder.setExecutable(false, false)
              & folder.setReadable(true, true)
              & folder.setWritable(true, true)
              & folder.setExecutable(true, true);
      if (!mine) {
        log.warn(
            "SELV-1032",
            "(Settings selvage.data-dir) the mode of "
                + folder
                + " cannot be set to 0700. Fix: set it by hand");
      }
    }
    if (!folder.canRead() || !folder.canWrite()) {
      log.warn(
          "SELV-1031",
          "(Settings selvage.data-dir) the folder "
              + folder
              + " cannot be used; nothing is kept, and a restart needs the controller and a new token. Fix: let this user read and write it");
      return null;
    }
    return folder;
  }
}
