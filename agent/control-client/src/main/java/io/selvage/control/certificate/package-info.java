/**
 * How a workload gets and keeps its certificate: first contact by a join token that pins the mesh's
 * root, later by proof of possession of the certificate it has.
 */
package io.selvage.control.certificate;
