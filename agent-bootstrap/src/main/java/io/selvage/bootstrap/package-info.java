/**
 * What the application's class path sees of the agent: the entry and the loader behind which all
 * else is hidden. Class files of level 8, so that an old JVM can say that it is too old; nothing
 * but {@code java.base}.
 */
package io.selvage.bootstrap;
