/**
 * Pure functions from what users wrote and what is registered to xDS resources in Istio's sidecar
 * shapes.
 */
@org.jspecify.annotations.NullMarked
package io.selvage.controller.translate;
