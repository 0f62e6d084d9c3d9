package io.selvage.controller.serve;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** Counters of the control port, readable at any time. Thread-safe. */
public final class ServeMetrics {
  final LongAdder responses = new LongAdder();
  final LongAdder resourceBytes = new LongAdder();
  final LongAdder acks = new LongAdder();
  final LongAdder nacks = new LongAdder();
  final LongAdder unknownTypes = new LongAdder();
  final LongAdder staleNonces = new LongAdder();
  final LongAdder identityRefusals = new LongAdder();
  final LongAdder slowStreamsCut = new LongAdder();
  final LongAdder pushes = new LongAdder();
  final AtomicLong streams = new AtomicLong();
  final AtomicLong lastPushNanos = new AtomicLong();
  final AtomicLong lastConvergenceNanos = new AtomicLong();

  /** Name to value, in Prometheus' style of names. */
  public Map<String, Double> read() {
    Map<String, Double> all = new LinkedHashMap<>();
    all.put("selvage_xds_streams", streams.doubleValue());
    all.put("selvage_xds_pushes_total", pushes.doubleValue());
    all.put("selvage_xds_responses_total", responses.doubleValue());
    all.put("selvage_xds_resource_bytes_total", resourceBytes.doubleValue());
    all.put("selvage_xds_acks_total", acks.doubleValue());
    all.put("selvage_xds_nacks_total", nacks.doubleValue());
    all.put("selvage_xds_unknown_types_total", unknownTypes.doubleValue());
    all.put("selvage_xds_stale_nonces_total", staleNonces.doubleValue());
    all.put("selvage_xds_identity_refusals_total", identityRefusals.doubleValue());
    all.put("selvage_xds_slow_streams_cut_total", slowStreamsCut.doubleValue());
    all.put("selvage_xds_last_push_seconds", lastPushNanos.get() / 1e9);
    all.put("selvage_xds_last_convergence_seconds", lastConvergenceNanos.get() / 1e9);
    return all;
  }
}
