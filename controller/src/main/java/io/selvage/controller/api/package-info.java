/**
 * The API that people and tools use: Kubernetes-style REST for the kinds, and a few routes of our
 * own.
 */
@NullMarked
package io.selvage.controller.api;

import org.jspecify.annotations.NullMarked;
