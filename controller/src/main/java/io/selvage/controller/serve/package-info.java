/** The control port: ADS streams (delta and state of the world), certificates, pushes. */
@org.jspecify.annotations.NullMarked
package io.selvage.controller.serve;
