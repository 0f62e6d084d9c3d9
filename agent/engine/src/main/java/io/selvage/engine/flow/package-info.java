/**
 * A request as a pure state machine: {@link io.selvage.engine.flow.Exchange}, informed by layers,
 * carried out by a driver. Nothing here sends, sleeps, schedules or locks; time is handed in.
 */
package io.selvage.engine.flow;
