package io.selvage.controller;

/** The version of this build. */
public final class Version {
  private Version() {}

  /** From the jar's manifest; {@code dev} when run from classes. */
  public static String current() {
    String found = Version.class.getPackage().getImplementationVersion();
    return found == null ? "dev" : found;
  }
}
