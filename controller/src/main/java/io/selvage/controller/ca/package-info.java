/**
 * The mesh's certificate authority: keys on disk, join tokens, signing requests, trust bundle.
 *
 * <p>An identity always comes from attestation (join token or client certificate), never from the
 * signing request.
 */
@org.jspecify.annotations.NullMarked
package io.selvage.controller.ca;
