/**
 * xDS protos to engine records, one class a resource. Never throws: a value with warnings, or
 * reasons with their field paths, which go into the NACK.
 *
 * <p>What is a matter of security (RBAC, TLS, filters of inbound chains) is refused when it is not
 * understood in full; other fields that are not supported are named in warnings.
 */
@NullMarked
package io.selvage.control.parse;

import org.jspecify.annotations.NullMarked;
