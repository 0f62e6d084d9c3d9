/** Whether a document is acceptable: unknown fields, schema, meaning. */
@NullMarked
package io.selvage.controller.resource.validate;

import org.jspecify.annotations.NullMarked;
