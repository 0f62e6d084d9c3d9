package io.selvage.smoke.demo;

/**
 * Something the demo says of itself and checks.
 *
 * @param number as in the feature list; several checks may share one
 * @param text what is claimed
 */
public record Claim(int number, String text, Check check) {
  /** Looks, and returns the figure it saw. */
  @FunctionalInterface
  public interface Check {
    /**
     * @throws Exception when the claim does not hold; its message says what was seen instead
     */
    String look(World world) throws Exception;
  }

  /** Fails the claim unless it holds. */
  static void that(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalStateException(otherwise);
    }
  }
}
