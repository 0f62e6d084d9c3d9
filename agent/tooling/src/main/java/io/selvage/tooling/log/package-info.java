/** The log that bundled libraries write to, instead of the application's. */
@NullMarked
package io.selvage.tooling.log;

import org.jspecify.annotations.NullMarked;
