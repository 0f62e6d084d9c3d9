package io.selvage.telemetry;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import io.selvage.engine.observing.SpanRecord;
import java.util.List;

/** A span of the engine as the exporter reads it. */
final class SpanDataView implements SpanData {
  private static final InstrumentationScopeInfo SCOPE =
      InstrumentationScopeInfo.create("io.selvage");

  private final SpanRecord span;
  private final Resource resource;
  private final Attributes attributes;

  SpanDataView(SpanRecord span, Resource resource) {
    this.span = span;
    this.resource = resource;
    AttributesBuilder builder = Attributes.builder();
    span.attributes().forEach((name, value) -> put(builder, name, value));
    attributes = builder.build();
  }

  private static void put(AttributesBuilder builder, String name, Object value) {
    if (value instanceof Long number) {
      builder.put(AttributeKey.longKey(name), number);
    } else if (value instanceof Boolean flag) {
      builder.put(AttributeKey.booleanKey(name), flag);
    } else {
      builder.put(AttributeKey.stringKey(name), value.toString());
    }
  }

  @Override
  public String getName() {
    return span.name();
  }

  @Override
  public SpanKind getKind() {
    return span.kind() == SpanRecord.Kind.SERVER ? SpanKind.SERVER : SpanKind.CLIENT;
  }

  @Override
  public SpanContext getSpanContext() {
    return SpanContext.create(
        span.traceId(), span.spanId(), TraceFlags.getSampled(), TraceState.getDefault());
  }

  @Override
  public SpanContext getParentSpanContext() {
    return span.parentSpanId().isEmpty()
        ? SpanContext.getInvalid()
        : SpanContext.createFromRemoteParent(
            span.traceId(), span.parentSpanId(), TraceFlags.getSampled(), TraceState.getDefault());
  }

  @Override
  public StatusData getStatus() {
    return span.error()
        ? StatusData.create(io.opentelemetry.api.trace.StatusCode.ERROR, span.errorDescription())
        : StatusData.unset();
  }

  @Override
  public long getStartEpochNanos() {
    return span.startEpochNanos();
  }

  @Override
  public long getEndEpochNanos() {
    return span.endEpochNanos();
  }

  @Override
  public Attributes getAttributes() {
    return attributes;
  }

  @Override
  public List<EventData> getEvents() {
    return List.of();
  }

  @Override
  public List<LinkData> getLinks() {
    return List.of();
  }

  @Override
  public boolean hasEnded() {
    return true;
  }

  @Override
  public int getTotalRecordedEvents() {
    return 0;
  }

  @Override
  public int getTotalRecordedLinks() {
    return 0;
  }

  @Override
  public int getTotalAttributeCount() {
    return attributes.size();
  }

  @Override
  @SuppressWarnings("deprecation") // abstract in the interface
  public io.opentelemetry.sdk.common.InstrumentationLibraryInfo getInstrumentationLibraryInfo() {
    return io.opentelemetry.sdk.common.InstrumentationLibraryInfo.create("io.selvage", null);
  }

  @Override
  public InstrumentationScopeInfo getInstrumentationScopeInfo() {
    return SCOPE;
  }

  @Override
  public Resource getResource() {
    return resource;
  }
}
