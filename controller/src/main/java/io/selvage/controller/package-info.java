/** The controller: its main class and the composition of its parts. */
@NullMarked
package io.selvage.controller;

import org.jspecify.annotations.NullMarked;
