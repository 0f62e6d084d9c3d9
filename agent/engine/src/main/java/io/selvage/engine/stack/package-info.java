/**
 * The order of features, one class a direction, and {@link io.selvage.engine.stack.Engine}, through
 * which the rest of the agent uses the engine. The only package that knows all others.
 */
package io.selvage.engine.stack;
