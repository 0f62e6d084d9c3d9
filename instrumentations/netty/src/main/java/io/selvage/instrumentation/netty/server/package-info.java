/** Netty's accepted connections: mesh TLS or plaintext on the application's own port. */
@NullMarked
package io.selvage.instrumentation.netty.server;

import org.jspecify.annotations.NullMarked;
