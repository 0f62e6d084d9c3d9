/**
 * Where a request goes: listener, route, split, answer, cluster, headers, mirror; and CORS on the
 * serving side.
 */
package io.selvage.engine.routing;
