/**
 * Pure predicates over hosts, paths, headers, addresses and principals, compiled once per snapshot.
 *
 * <p>Compiling throws {@link java.lang.IllegalArgumentException} with the reason; testing never
 * throws and, outside of regular expressions, never allocates.
 */
package io.selvage.engine.match;
