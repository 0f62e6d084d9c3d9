/**
 * What keeps trouble small: deadlines, faults on purpose, retries, limits, outlier ejection,
 * breakers.
 */
package io.selvage.engine.resilience;
