/** Tomcat's NIO connector: mesh TLS on the application's own port, and every request's door. */
@NullMarked
package io.selvage.instrumentation.tomcat;

import org.jspecify.annotations.NullMarked;
