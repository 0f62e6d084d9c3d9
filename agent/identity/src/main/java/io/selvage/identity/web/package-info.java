/** The agent's own HTTP calls, guarded against being led to where they must not go. */
package io.selvage.identity.web;
