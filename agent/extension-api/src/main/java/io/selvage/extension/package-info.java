/**
 * What an instrumentation compiles against: the running mesh, the attempt that a thread is in, the
 * context that travels.
 */
package io.selvage.extension;
