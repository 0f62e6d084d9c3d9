package io.selvage.tooling;

import org.jspecify.annotations.Nullable;

/**
 * What became of one advice in one class, over all loaders that have the class.
 *
 * @param instrumentation name of the instrumentation
 * @param library Maven coordinates, or {@code jdk}
 * @param version version found, or {@code null} if nothing tells it or the class was not loaded
 * @param target binary name of the class as it is spelled here; {@code -} if it concerns the whole
 *     instrumentation
 * @param advice binary name of the advice class
 * @param security whether calls are refused when the advice cannot run
 * @param state the worst that is known
 * @param woven how many times bytes with the advice were handed to the JVM
 * @param linked how many call sites were linked
 * @param faults how many times the advice threw
 * @param reason why it is refused or failed; {@code null} otherwise
 */
public record SeamStatus(
    String instrumentation,
    String library,
    @Nullable String version,
    String target,
    String advice,
    boolean security,
    State state,
    int woven,
    int linked,
    int faults,
    @Nullable String reason) {

  /** From harmless to bad. */
  public enum State {
    /** The class was not loaded yet. */
    WAITING,
    /** The advice is in the bytes that the JVM got. */
    WOVEN,
    /** And a call site was linked. */
    LINKED,
    /**
     * Not woven on purpose: the library at hand is not what the instrumentation was built for, or
     * it is switched off.
     */
    REFUSED,
    /** Weaving, linking or the advice itself went wrong. */
    FAILED
  }

  /** Whether somebody should look at it. */
  public boolean isFault() {
    return state == State.REFUSED || state == State.FAILED;
  }
}
