package io.selvage.controller.ca;

import java.nio.file.Path;

/**
 * Where an authority is kept.
 *
 * @param folder holds root-cert.pem, ca-cert.pem, ca-key.pem (Istio's names for a plugged-in CA)
 * @param passphrase file with the passphrase of its keys; best on another volume than the folder
 */
public record AuthorityPlace(Path folder, Path passphrase) {
  /** The passphrase beside the folder, in a file named after it. */
  public static AuthorityPlace in(Path folder) {
    return new AuthorityPlace(folder, folder.resolveSibling(folder.getFileName() + "-passphrase"));
  }
}
