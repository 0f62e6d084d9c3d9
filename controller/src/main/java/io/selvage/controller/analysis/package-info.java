/**
 * What is wrong with documents, said without a running mesh: the API's checks and the translation's
 * findings.
 */
@org.jspecify.annotations.NullMarked
package io.selvage.controller.analysis;
