package io.selvage.engine.stack;

import io.selvage.engine.flow.Clock;
import io.selvage.engine.flow.Randomness;
import io.selvage.engine.model.Node;
import io.selvage.engine.model.StringMatch;
import io.selvage.engine.observing.AccessLog;
import io.selvage.engine.observing.AuditSink;
import io.selvage.engine.observing.IstioLabels;
import io.selvage.engine.observing.SeriesTable;
import io.selvage.engine.observing.SpanSink;
import io.selvage.engine.resilience.StatementBreakers;
import io.selvage.engine.security.TokenVerifier;
import io.selvage.engine.snapshot.PlaintextCallers;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/**
 * What the layers of all stacks are made of; put together by the engine.
 *
 * @param epochNanos nanoseconds since 1970, for records
 * @param mirrorsDropped counts copies of requests that a codec could not make
 * @param tokens judges tokens of end users
 * @param gateways whose headers about others are believed
 */
record Parts(
    Node node,
    Clock clock,
    LongSupplier epochNanos,
    Randomness random,
    AccessLog accessLog,
    SpanSink spans,
    AuditSink audit,
    SeriesTable series,
    PlaintextCallers plaintext,
    StatementBreakers breakers,
    LongAdder mirrorsDropped,
    TokenVerifier tokens,
    List<StringMatch> gateways) {
  String self() {
    return IstioLabels.spiffeId(node);
  }

  IstioLabels labels() {
    return new IstioLabels(node);
  }
}
