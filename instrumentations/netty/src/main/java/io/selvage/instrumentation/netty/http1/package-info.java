/** HTTP/1.1 requests behind Netty's codec. */
@NullMarked
package io.selvage.instrumentation.netty.http1;

import org.jspecify.annotations.NullMarked;
