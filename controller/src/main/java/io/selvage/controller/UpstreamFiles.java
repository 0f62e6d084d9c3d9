package io.selvage.controller;

import io.selvage.controller.ca.CodedException;
import io.selvage.controller.ca.Pem;
import io.selvage.controller.ca.UpstreamAuthority;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where the authority above ours is.
 *
 * @param address {@code host:port}; null = there is none
 * @param root roots of the mesh, which it signs with, PEM
 * @param ca who signs the certificate of its server, PEM; null = {@code root}
 * @param token file with our token for it; null = none
 */
public record UpstreamFiles(
    @Nullable String address, @Nullable Path root, @Nullable Path ca, @Nullable Path token) {
  /** Our own keys sign. */
  public static final UpstreamFiles NONE = new UpstreamFiles(null, null, null, null);

  /**
   * Reads what is named; null without an address.
   *
   * @throws CodedException SELV-4159 where something is missing or cannot be read
   */
  @Nullable UpstreamAuthority open() {
    if (address == null) {
      return null;
    }
    if (root == null) {
      throw new CodedException(
          "SELV-4159", "(--upstream-root) is missing. Fix: the PEM file of the mesh's root.");
    }
    return new UpstreamAuthority(
        address,
        Pem.certificates(text(ca == null ? root : ca)),
        Pem.certificates(text(root)),
        () -> token == null ? "" : text(token).strip());
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new CodedException(
          "SELV-4159", file + " cannot be read; " + e + ". Fix: give a readable file.", e);
    }
  }
}
