/**
 * Who this workload is: keys, certificates, trust, and the TLS that follows from them. JDK only,
 * but for the signatures of tokens.
 *
 * <p>Private keys are made here and never leave the process except into the workload's own data
 * folder.
 */
package io.selvage.identity;
