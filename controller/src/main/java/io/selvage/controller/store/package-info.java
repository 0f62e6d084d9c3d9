/** The resource store: optimistic concurrency, watches from a revision, durable on disk. */
@NullMarked
package io.selvage.controller.store;

import org.jspecify.annotations.NullMarked;
