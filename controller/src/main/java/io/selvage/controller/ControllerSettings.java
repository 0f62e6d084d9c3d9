package io.selvage.controller;

import io.selvage.controller.access.OidcSettings;
import io.selvage.controller.ca.AuthorityPlace;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a controller runs.
 *
 * @param dataDir everything it keeps; made with mode 0700
 * @param authority where its root and intermediate are
 * @param bind address of the API and the control port
 * @param xdsPort control port (configuration and certificates); 0 takes a free one
 * @param apiPort API; 0 takes a free one
 * @param metricsBind address of metrics and health, which are plain HTTP without a token
 * @param metricsPort metrics and health; 0 takes a free one, -1 has none
 * @param trustDomain of all SPIFFE ids
 * @param leafLifetime of a workload's certificate when it names none
 * @param maxLeafLifetime the longest that a workload gets
 * @param advertised further names and addresses under which clients reach it
 * @param createAuthority whether a missing root and intermediate are made
 * @param oidc how people sign in beside static tokens; null = not at all
 * @param attestation ways into the mesh beside join tokens
 * @param upstream which authority signs our intermediate
 */
public record ControllerSettings(
    Path dataDir,
    AuthorityPlace authority,
    String bind,
    int xdsPort,
    int apiPort,
    String metricsBind,
    int metricsPort,
    String trustDomain,
    Duration leafLifetime,
    Duration maxLeafLifetime,
    List<String> advertised,
    boolean createAuthority,
    @Nullable OidcSettings oidc,
    AttestationFiles attestation,
    UpstreamFiles upstream) {

  /** Copies the list. */
  public ControllerSettings {
    advertised = List.copyOf(advertised);
  }

  /** Loopback, free ports, certificates of one hour. */
  public static ControllerSettings loopback(Path dataDir) {
    return new ControllerSettings(
        dataDir,
        authorityIn(dataDir),
        "127.0.0.1",
        0,
        0,
        "127.0.0.1",
        0,
        "cluster.local",
        Duration.ofHours(1),
        Duration.ofHours(24),
        List.of(),
        true,
        null,
        AttestationFiles.NONE,
        UpstreamFiles.NONE);
  }

  /** Where the authority is unless told otherwise. */
  public static AuthorityPlace authorityIn(Path dataDir) {
    return AuthorityPlace.in(dataDir.resolve("mesh").resolve("ca"));
  }

  /**
   * Where the authority is.
   *
   * @param folder null = in the data folder
   * @param passphrase its file; null = beside the folder
   */
  public static AuthorityPlace authority(
      Path dataDir, @Nullable Path folder, @Nullable Path passphrase) {
    AuthorityPlace place =
        folder == null
            ? authorityIn(dataDir)
            : AuthorityPlace.in(folder.toAbsolutePath().normalize());
    return passphrase == null
        ? place
        : new AuthorityPlace(place.folder(), passphrase.toAbsolutePath().normalize());
  }
}
