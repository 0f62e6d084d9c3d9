package io.selvage.controller.cli;

import io.selvage.controller.audit.AuditLog;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The controller's audit log on this machine. */
@Command(
    name = "audit",
    description = "The controller's audit log.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = AuditCommand.Verify.class)
final class AuditCommand implements Runnable {
  @CommandLine.Spec CommandLine.Model.@Nullable CommandSpec spec;

  @Override
  public void run() {
    if (spec != null) {
      spec.commandLine().usage(spec.commandLine().getOut());
    }
  }

  /** Follows the chain. */
  @Command(
      name = "verify",
      description = "Follow the chain of hashes; exit code 1 if it is broken.")
  static final class Verify extends Verb implements CommandLine.IExitCodeGenerator {
    @Option(names = "--data-dir", description = "The controller's; default ~/.selvage/dev.")
    @Nullable Path dataDir;

    private int exitCode;

    @Override
    public int getExitCode() {
      return exitCode;
    }

    @Override
    public void run() {
      Path file = (dataDir == null ? Home.dev() : dataDir.toAbsolutePath()).resolve("audit.log");
      AuditLog.Verdict verdict;
      try {
        verdict = AuditLog.verify(file);
      } catch (IOException e) {
        throw new CliException(
            "SELV-8080",
            "(--data-dir) " + file + " cannot be read; " + e + ". Fix: name a controller's folder.",
            e);
      }
      boolean whole = verdict.brokenAt() == 0;
      exitCode = whole ? 0 : 1;
      if (json()) {
        printJson(
            ApiClient.JSON
                .createObjectNode()
                .put("entries", verdict.entries())
                .put("whole", whole)
                .put("brokenAt", verdict.brokenAt())
                .put("last", verdict.last()));
        return;
      }
      out().println(verdict.entries() + " entries, last " + verdict.last());
      out()
          .println(
              whole ? "the chain is whole" : "the chain is BROKEN at line " + verdict.brokenAt());
    }
  }
}
