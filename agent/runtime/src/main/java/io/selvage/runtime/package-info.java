/**
 * The composition root: reads settings, wires engine, identity, control stream, weaving and
 * telemetry together, starts and drains them, and answers on the admin port.
 */
@NullMarked
package io.selvage.runtime;

import org.jspecify.annotations.NullMarked;
