package io.selvage.telemetry;

import io.selvage.engine.observing.Series;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/**
 * Renders series in Prometheus' text format 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/), under Istio's standard names
 * (https://istio.io/latest/docs/reference/config/metrics/).
 */
public final class PrometheusText {
  private final StringBuilder out = new StringBuilder(8_192);

  private PrometheusText() {}

  /**
   * All series and the agent's own figures.
   *
   * @param own name to value; names are {@code selvage_agent_…}, gauges unless they end in {@code
   *     _total}
   */
  public static String of(Collection<Series> all, Map<String, Double> own) {
    PrometheusText text = new PrometheusText();
    text.http(ofKind(all, Series.Kind.HTTP));
    text.tcp(ofKind(all, Series.Kind.TCP));
    text.statements(ofKind(all, Series.Kind.STATEMENT));
    text.counter("selvage_authorization_total", ofKind(all, Series.Kind.POLICY), Series::count);
    own.forEach(
        (name, value) -> {
          text.type(name, name.endsWith("_total") ? "counter" : "gauge");
          text.line(name, "", value);
        });
    return text.out.toString();
  }

  private static List<Series> ofKind(Collection<Series> all, Series.Kind kind) {
    return all.stream().filter(s -> s.kind() == kind).toList();
  }

  private void http(List<Series> series) {
    counter("istio_requests_total", series, Series::count);
    histogram(
        "istio_request_duration_milliseconds",
        series,
        Series::durationBuckets,
        Series::durationSumMillis,
        1);
    histogram(
        "istio_request_bytes", series, Series::requestBytesBuckets, Series::requestBytesSum, 1);
    histogram(
        "istio_response_bytes", series, Series::responseBytesBuckets, Series::responseBytesSum, 1);
  }

  private void tcp(List<Series> series) {
    counter("istio_tcp_connections_opened_total", series, Series::opened);
    counter("istio_tcp_connections_closed_total", series, Series::count);
    counter("istio_tcp_sent_bytes_total", series, Series::requestBytesSum);
    counter("istio_tcp_received_bytes_total", series, Series::responseBytesSum);
  }

  private void statements(List<Series> series) {
    histogram(
        "db_client_operation_duration_seconds",
        series,
        Series::durationBuckets,
        s -> s.durationSumMillis() / 1e3,
        1e-3);
  }

  private void counter(String name, List<Series> series, ToLongFunction<Series> value) {
    if (series.isEmpty()) {
      return;
    }
    type(name, "counter");
    for (Series s : series) {
      line(name, labels(s.labels()), value.applyAsLong(s));
    }
  }

  private void histogram(
      String name,
      List<Series> series,
      Function<Series, long[]> buckets,
      ToDoubleFunction<Series> sum,
      double scale) {
    if (series.isEmpty()) {
      return;
    }
    type(name, "histogram");
    double[] bounds = Series.bounds();
    for (Series s : series) {
      String labels = labels(s.labels());
      long[] counts = buckets.apply(s);
      long cumulated = 0;
      for (int i = 0; i < counts.length; i++) {
        cumulated += counts[i];
        String bound = i < bounds.length ? number(bounds[i] * scale) : "+Inf";
        String separator = labels.isEmpty() ? "" : ",";
        line(name + "_bucket", labels + separator + "le=\"" + bound + "\"", cumulated);
      }
      line(name + "_sum", labels, sum.applyAsDouble(s));
      line(name + "_count", labels, cumulated);
    }
  }

  private void type(String name, String type) {
    out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
  }

  private void line(String name, String labels, double value) {
    out.append(name);
    if (!labels.isEmpty()) {
      out.append('{').append(labels).append('}');
    }
    out.append(' ').append(number(value)).append('\n');
  }

  private static String labels(Map<String, String> labels) {
    StringBuilder text = new StringBuilder();
    labels.forEach(
        (name, value) -> {
          text.append(text.length() == 0 ? "" : ",").append(name).append("=\"");
          for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
              case '\\' -> text.append("\\\\");
              case '"' -> text.append("\\\"");
              case '\n' -> text.append("\\n");
              default -> text.append(c);
            }
          }
          text.append('"');
        });
    return text.toString();
  }

  private static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }
}
