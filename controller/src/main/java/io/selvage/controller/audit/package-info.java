/** Who asked to change what: an append-only file whose lines are chained by hashes. */
@NullMarked
package io.selvage.controller.audit;

import org.jspecify.annotations.NullMarked;
