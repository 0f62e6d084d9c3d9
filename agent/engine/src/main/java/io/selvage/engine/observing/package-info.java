/**
 * What is seen of a request: spans, series, access-log records, digests of statements.
 *
 * <p>Everything is written at the end of an exchange and handed to sinks or added to accumulators;
 * exporting them is another module's work. Labels and names are Istio's standard ones
 * (https://istio.io/latest/docs/reference/config/metrics/).
 */
package io.selvage.engine.observing;
