/** Builds the agent jar. Nothing of this package is in it. */
@NullMarked
package io.selvage.dist;

import org.jspecify.annotations.NullMarked;
