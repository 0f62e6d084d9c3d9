/**
 * The agent's side of the control plane: one delta ADS stream, the resources that it brought, what
 * is published of them, and the snapshot that survives a restart.
 */
@NullMarked
package io.selvage.control;

import org.jspecify.annotations.NullMarked;
