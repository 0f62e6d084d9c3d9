package io.selvage.controller.cli;

import io.selvage.controller.UpstreamFiles;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which authority signs our intermediate, where the root's key is kept elsewhere. */
final class UpstreamOptions {
  @Option(
      names = "--upstream-ca-address",
      description = "host:port of an authority (istio.v1.auth) that signs our intermediate.")
  @Nullable String address;

  @Option(names = "--upstream-root", description = "Root that it signs with, PEM.")
  @Nullable Path root;

  @Option(
      names = "--upstream-tls-ca",
      description = "Who signs its server's certificate, PEM; default: --upstream-root.")
  @Nullable Path ca;

  @Option(names = "--upstream-token-file", description = "Our token for it; read for each use.")
  @Nullable Path token;

  UpstreamFiles files() {
    return new UpstreamFiles(address, root, ca, token);
  }
}
