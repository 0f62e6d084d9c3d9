/** A whole controller on this machine for development: loopback, own folder, one admin token. */
@NullMarked
package io.selvage.controller.dev;

import org.jspecify.annotations.NullMarked;
