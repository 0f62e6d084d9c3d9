/** The demo: the samples in a mesh, and each claim about it checked on the running thing. */
package io.selvage.smoke.demo;
