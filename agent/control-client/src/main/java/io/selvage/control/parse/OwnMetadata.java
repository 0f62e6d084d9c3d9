package io.selvage.control.parse;

import com.google.protobuf.Struct;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.selvage.engine.model.DatabasePolicy;
import io.selvage.engine.model.Resilience;
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
}
