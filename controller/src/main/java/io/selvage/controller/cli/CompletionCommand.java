package io.selvage.controller.cli;

import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Shell completion. */
@Command(
    name = "completion",
    description = "Print a completion script: source <(selvage completion bash)")
final class CompletionCommand extends Verb {
  @Parameters(
      index = "0",
      arity = "0..1",
      defaultValue = "bash",
      paramLabel = "SHELL",
      description = "bash or zsh")
  String shell = "bash";

  @Override
  public void run() {
    if (!shell.equals("bash") && !shell.equals("zsh")) {
      throw new CliException("SELV-8080", "no completion for '" + shell + "'. Fix: bash or zsh.");
    }
    out().println(AutoComplete.bash("selvage", SelvageCommand.commandLine()));
  }
}
