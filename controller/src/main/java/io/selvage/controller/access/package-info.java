/** Who may use the API: sources of users, roles and what they are about. */
@NullMarked
package io.selvage.controller.access;

import org.jspecify.annotations.NullMarked;
