package io.selvage.telemetry;

import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where spans go, as the OpenTelemetry specification's variables say it.
 *
 * @param tracesEndpoint full URL of the traces signal
 * @param resource attributes of this process: {@code service.name} and so on
 */
public record OtlpSettings(
    String tracesEndpoint,
    Map<String, String> headers,
    Duration timeout,
    boolean gzip,
    Map<String, String> resource) {
  public OtlpSettings {
    headers = Map.copyOf(headers);
    resource = Map.copyOf(resource);
  }

  /**
   * The URL of the traces signal from {@code OTEL_EXPORTER_OTLP_TRACES_ENDPOINT} (used as it is) or
   * {@code OTEL_EXPORTER_OTLP_ENDPOINT} (with {@code /v1/traces}); null = neither is set, so
   * nothing is exported.
   */
  public static @Nullable String tracesEndpoint(@Nullable String signal, @Nullable String base) {
    if (signal != null && !signal.isBlank()) {
      return signal.trim();
    }
    if (base == null || base.isBlank()) {
      return null;
    }
    String trimmed = base.trim();
    return trimmed + (trimmed.endsWith("/") ? "v1/traces" : "/v1/traces");
  }

  @Override
  public String toString() {
    return "OtlpSettings[" + tracesEndpoint + ", headers " + headers.keySet() + "]";
  }
}
