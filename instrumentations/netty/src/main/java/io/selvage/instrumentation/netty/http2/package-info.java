/** HTTP/2 streams of Netty's codec, gRPC's included. */
@NullMarked
package io.selvage.instrumentation.netty.http2;

import org.jspecify.annotations.NullMarked;
