package io.selvage.controller.cli;

import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The root of all verbs. Exit codes: 0 done, 1 refused or failed, 2 wrong usage. */
@Command(
    name = "selvage",
    description = "A service mesh woven into the JVM.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      DevCommand.class,
      ServeCommand.class,
      AuditCommand.class,
      PlaintextCommand.class,
      EnvCommand.class,
      ApplyCommand.class,
      GetCommand.class,
      DeleteCommand.class,
      StatusCommand.class,
      AnalyzeCommand.class,
      WhyCommand.class,
      TokenCommand.class,
      UserCommand.class,
      RevokeCommand.class,
      CaCommand.class,
      FederationCommand.class,
      EnvoyCommand.class,
      ExplainCommand.class,
      VersionCommand.class,
      CompletionCommand.class
    })
public final class SelvageCommand implements Runnable {
  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Print stack traces of failures.")
  boolean debug;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Print this help.")
  boolean help;

  @CommandLine.Spec CommandLine.Model.@Nullable CommandSpec spec;

  @Override
  public void run() {
    if (spec != null) {
      spec.commandLine().usage(spec.commandLine().getOut());
    }
  }

  /** Runs a command line and returns its exit code; nothing is thrown. */
  public static int execute(String... args) {
    return commandLine().execute(args);
  }

  static CommandLine commandLine() {
    SelvageCommand root = new SelvageCommand();
    CommandLine line = new CommandLine(root).setCaseInsensitiveEnumValuesAllowed(true);
    line.setColorScheme(
        CommandLine.Help.defaultColorScheme(
            System.getenv("NO_COLOR") != null || System.console() == null
                ? CommandLine.Help.Ansi.OFF
                : CommandLine.Help.Ansi.AUTO));
    line.setExecutionExceptionHandler(
        (failure, command, parsed) -> {
          PrintWriter err = command.getErr();
          if (failure instanceof CliException
              || failure.getMessage() != null && failure.getMessage().startsWith("[SELV-")) {
            err.println("error: " + failure.getMessage());
          } else {
            err.println(
                "error: [SELV-8000] unexpected "
                    + failure
                    + ". Fix: run again with --debug and report it.");
          }
          if (root.debug) {
            failure.printStackTrace(err);
          }
          return 1;
        });
    return line;
  }
}
