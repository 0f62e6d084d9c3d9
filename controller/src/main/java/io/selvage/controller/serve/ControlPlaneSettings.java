package io.selvage.controller.serve;

import io.selvage.controller.ca.AuthorityPlace;
import io.selvage.controller.translate.MeshSettings;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * How the control plane runs.
 *
 * @param listen address of the control port; port 0 takes a free one
 * @param folder private data: tokens, registrations; made with mode 0700
 * @param authority where root and intermediate are
 * @param advertised further DNS names or addresses of the controller, for its certificate
 * @param quiet a push waits for this long without a further change
 * @param longest a push waits no longer than this
 * @param grace how long a workload outlives its broken stream
 * @param restartGrace how long a workload known before a restart may take to come back
 */
public record ControlPlaneSettings(
    InetSocketAddress listen,
    Path folder,
    AuthorityPlace authority,
    MeshSettings mesh,
    List<String> advertised,
    boolean createAuthority,
    Duration leafValidity,
    Duration maxLeafValidity,
    Duration quiet,
    Duration longest,
    Duration grace,
    Duration restartGrace) {

  /** Copies the list. */
  public ControlPlaneSettings {
    advertised = List.copyOf(advertised);
  }

  /** Loopback, own authority, istiod's debounce, leaves of one hour. */
  public static ControlPlaneSettings dev(int port, Path folder, String trustDomain) {
    return new ControlPlaneSettings(
        new InetSocketAddress("127.0.0.1", port),
        folder,
        AuthorityPlace.in(folder.resolve("ca")),
        MeshSettings.defaults(trustDomain),
        List.of(),
        true,
        Duration.ofHours(1),
        Duration.ofHours(24),
        Duration.ofMillis(100),
        Duration.ofSeconds(10),
        Duration.ofSeconds(10),
        Duration.ofSeconds(30));
  }

  /** The same with other debounce and grace times. */
  public ControlPlaneSettings withTimes(
      Duration newQuiet, Duration newLongest, Duration newGrace, Duration newRestartGrace) {
    return new ControlPlaneSettings(
        listen,
        folder,
        authority,
        mesh,
        advertised,
        createAuthority,
        leafValidity,
        maxLeafValidity,
        newQuiet,
        newLongest,
        newGrace,
        newRestartGrace);
  }

  /** The same with another listen address and further names. */
  public ControlPlaneSettings withListen(InetSocketAddress address, List<String> names) {
    return new ControlPlaneSettings(
        address,
        folder,
        authority,
        mesh,
        names,
        createAuthority,
        leafValidity,
        maxLeafValidity,
        quiet,
        longest,
        grace,
        restartGrace);
  }

  /** The same with other lifetimes of leaves. */
  public ControlPlaneSettings withValidity(Duration validity, Duration maximum) {
    return new ControlPlaneSettings(
        listen,
        folder,
        authority,
        mesh,
        advertised,
        createAuthority,
        validity,
        maximum,
        quiet,
        longest,
        grace,
        restartGrace);
  }
}
