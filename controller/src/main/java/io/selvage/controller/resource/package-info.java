/** Kinds, resources and the reasons why one is refused; knows no store, no HTTP and no xDS. */
@NullMarked
package io.selvage.controller.resource;

import org.jspecify.annotations.NullMarked;
