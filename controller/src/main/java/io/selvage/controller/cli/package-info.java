/**
 * {@code bin/selvage}: what people type. Talks to the controller's API only, never to its files.
 */
package io.selvage.controller.cli;
