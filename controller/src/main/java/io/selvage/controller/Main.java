package io.selvage.controller;

import io.selvage.controller.cli.SelvageCommand;

/** Entry point of the one jar that is controller and command line. */
public final class Main {
  private Main() {}

  /** Runs a verb; see {@code selvage --help}. */
  public static void main(String[] args) {
    int exit = SelvageCommand.execute(args);
    System.exit(exit);
  }
}
