/** Who may talk to whom, and as whom; every layer here fails closed. */
package io.selvage.engine.security;
