/** Tokens of end users: reading, keys and signatures. */
package io.selvage.identity.token;
