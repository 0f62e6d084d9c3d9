/** Typed, read-only views of the kinds: what the user wrote as plain records. */
@NullMarked
package io.selvage.controller.resource.view;

import org.jspecify.annotations.NullMarked;
