/**
 * Weaving: which classes get advice, how it is placed, how it is linked, and what became of each
 * seam.
 */
@NullMarked
package io.selvage.tooling;

import org.jspecify.annotations.NullMarked;
