package io.selvage.runtime;

import io.selvage.engine.observing.AccessLog;
import io.selvage.engine.observing.AuditSink;
import io.selvage.engine.observing.SpanSink;
import io.selvage.extension.Intent;
import io.selvage.telemetry.AccessLogWriter;
import io.selvage.telemetry.OtlpSettings;
import io.selvage.telemetry.OtlpSpans;
import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where spans and access-log lines go, by settings and OpenTelemetry's variables. */
final class Telemetry implements AutoCloseable {
  private final @Nullable AccessLogWriter accessLog;
  private final @Nullable OtlpSpans spans;

  private Telemetry(@Nullable AccessLogWriter accessLog, @Nullable OtlpSpans spans) {
    this.accessLog = accessLog;
    this.spans = spans;
  }

  /**
   * @param folder of this workload; null = none
   */
  static Telemetry of(Settings settings, WorkloadFacts workload, @Nullable File folder) {
    return new Telemetry(
        accessLog(settings.text(Setting.ACCESS_LOG), folder), spans(settings, workload));
  }

  private static @Nullable AccessLogWriter accessLog(String where, @Nullable File folder) {
    return switch (where.toLowerCase(Locale.ROOT)) {
      case "off", "false", "none" -> null;
      case "file" ->
          folder == null
              ? null
              : new AccessLogWriter(new AccessLogWriter.ToFile(new File(folder, "access.log")));
      // the descriptors, not System.out: an application may replace that by a logger which we feed
      case "stdout" ->
          new AccessLogWriter(
              new AccessLogWriter.ToStream(new FileOutputStream(FileDescriptor.out)));
      case "stderr" ->
          new AccessLogWriter(
              new AccessLogWriter.ToStream(new FileOutputStream(FileDescriptor.err)));
      default -> new AccessLogWriter(new AccessLogWriter.ToFile(new File(where)));
    };
  }

  private static @Nullable OtlpSpans spans(Settings settings, WorkloadFacts workload) {
    if (settings.environment("OTEL_TRACES_EXPORTER").equalsIgnoreCase("none")
        || settings.environment("OTEL_SDK_DISABLED").equalsIgnoreCase("true")) {
      return null;
    }
    String endpoint =
        OtlpSettings.tracesEndpoint(
            settings.environment("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"),
            settings.environment("OTEL_EXPORTER_OTLP_ENDPOINT"));
    if (endpoint == null) {
      return null;
    }
    Map<String, String> resource =
        new LinkedHashMap<>(pairs(settings.environment("OTEL_RESOURCE_ATTRIBUTES")));
    resource.put(
        "service.name", workload.service().isEmpty() ? workload.workload() : workload.service());
    resource.put("service.namespace", workload.namespace());
    resource.putIfAbsent("service.instance.id", workload.instance());
    if (!workload.version().isEmpty()) {
      resource.put("service.version", workload.version());
    }
    OtlpSettings otlp =
        new OtlpSettings(
            endpoint,
            pairs(settings.environment("OTEL_EXPORTER_OTLP_HEADERS")),
            timeout(settings.environment("OTEL_EXPORTER_OTLP_TIMEOUT")),
            settings.environment("OTEL_EXPORTER_OTLP_COMPRESSION").equalsIgnoreCase("gzip"),
            resource);
    return new OtlpSpans(otlp, Telemetry::unmeshed);
  }

  private static Runnable unmeshed(Runnable work) {
    return () -> {
      try (Intent mine = Intent.bypass()) {
        work.run();
      }
    };
  }

  private static Duration timeout(String millis) {
    try {
      return Duration.ofMillis(Long.parseLong(millis));
    } catch (NumberFormatException unset) {
      return Duration.ofSeconds(10);
    }
  }

  private static Map<String, String> pairs(String text) {
    Map<String, String> pairs = new LinkedHashMap<>();
    for (String part : text.split(",")) {
      int equals = part.indexOf('=');
      if (equals > 0) {
        pairs.put(part.substring(0, equals).strip(), part.substring(equals + 1).strip());
      }
    }
    return pairs;
  }

  AccessLog accessLog() {
    return accessLog == null ? AccessLog.NONE : accessLog;
  }

  /** Goes where access-log lines go. */
  AuditSink audit() {
    return accessLog == null ? AuditSink.NONE : accessLog;
  }

  SpanSink spans() {
    return spans == null ? SpanSink.NONE : spans;
  }

  /** Writes and sends what is queued. */
  @Override
  public void close() {
    if (accessLog != null) {
      accessLog.close();
    }
    if (spans != null) {
      spans.close();
    }
  }
}
