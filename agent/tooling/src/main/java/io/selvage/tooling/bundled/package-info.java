/**
 * What the libraries that the agent bundles find in place of JDK classes, so that they leave no
 * trace in the application: the build of the agent jar puts these names there.
 */
@NullMarked
package io.selvage.tooling.bundled;

import org.jspecify.annotations.NullMarked;
