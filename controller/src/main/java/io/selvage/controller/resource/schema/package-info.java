/**
 * OpenAPI v3 schemas of the kinds, written as resources: the one source for validation, explain and
 * printer columns.
 */
@NullMarked
package io.selvage.controller.resource.schema;

import org.jspecify.annotations.NullMarked;
