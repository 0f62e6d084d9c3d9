package io.selvage.controller.cli;

/** A refusal that a person reads: {@code [SELV-8xxx] what is wrong; what was found. Fix: …}. */
final class CliException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  CliException(String code, String message) {
    super("[" + code + "] " + message);
  }

  CliException(String code, String message, Throwable cause) {
    super("[" + code + "] " + message, cause);
  }
}
