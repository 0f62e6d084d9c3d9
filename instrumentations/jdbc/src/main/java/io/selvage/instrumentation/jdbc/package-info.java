/**
 * JDBC: each statement of the application is one exchange (span, deadline, breaker); connections
 * are the socket floor's.
 */
package io.selvage.instrumentation.jdbc;
