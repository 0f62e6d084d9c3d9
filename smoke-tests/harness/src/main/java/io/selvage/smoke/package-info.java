/**
 * Starts the shipped jars and the samples as child processes, drives traffic and looks at what came
 * of it; shared by the demo and the smoke tests.
 */
package io.selvage.smoke;
