package io.selvage.control.parse;

import com.google.protobuf.Struct;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.selvage.engine.model.DatabasePolicy;
import io.selvage.engine.model.Resilience;
import io.selvage.engine.model.WorkloadPolicy;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What our own kinds say of a resource: {@code filter_metadata["selvage"]}, which an Envoy ignores.
 * A key that this agent does not know is refused: it may restrict something.
 */
final class OwnMetadata {
  private static final String KEY = "selvage";

  private OwnMetadata() {}

  /** Of a destination; null = nothing. */
  static @Nullable Resilience cluster(Metadata metadata, Field f) {
    Struct own = metadata.getFilterMetadataMap().get(KEY);
    if (own == null) {
      return null;
    }
    Field at = f.at("metadata").at("filter_metadata", KEY);
    return Options.read(
        own, at, options -> options.object("resilience", ResilienceParser::destination));
  }

  /** Of a workload as a caller: the databases that it uses; empty = nothing. */
  static List<DatabasePolicy> databases(Metadata metadata, Field f) {
    Struct own = metadata.getFilterMetadataMap().get(KEY);
    if (own == null) {
      return List.of();
    }
    Field at = f.at("metadata").at("filter_metadata", KEY);
    List<DatabasePolicy> found =
        Options.read(own, at, options -> options.objects("databases", DatabaseParser::policy));
    return found == null ? List.of() : found;
  }

  /** Of a route: whether its retry policy is the mesh's default, which nobody wrote. */
  static boolean retryDefaulted(Metadata metadata, Field f) {
    Struct own = metadata.getFilterMetadataMap().get(KEY);
    if (own == null) {
      return false;
    }
    Field at = f.at("metadata").at("filter_metadata", KEY);
    Boolean found = Options.read(own, at, options -> options.flag("retryDefaulted", false));
    return Boolean.TRUE.equals(found);
  }

  /** Of a chain for plaintext: whether its port is STRICT but for what the chain lets through. */
  static boolean exempt(Metadata metadata, Field f) {
    Struct own = metadata.getFilterMetadataMap().get(KEY);
    if (own == null) {
      return false;
    }
    Field at = f.at("metadata").at("filter_metadata", KEY);
    Boolean found = Options.read(own, at, options -> options.flag("exempt", false));
    return Boolean.TRUE.equals(found);
  }

  /** Of the workload itself, on its way in. */
  static WorkloadPolicy workload(Metadata metadata, Field f) {
    Struct own = metadata.getFilterMetadataMap().get(KEY);
    if (own == null) {
      return WorkloadPolicy.DEFAULT;
    }
    Field at = f.at("metadata").at("filter_metadata", KEY);
    WorkloadPolicy found =
        Options.read(own, at, options -> options.object("workload", WorkloadParser::policy));
    return found == null ? WorkloadPolicy.DEFAULT : found;
  }
}
