package io.selvage.engine.flow;

/** Whether a request's body can be sent a second time. */
public enum BodyReplay {
  /** There is no body, or it can be had again at no cost. */
  REPEATABLE,
  /**
   * Could be had once and was kept while it was sent. Repeated only for methods that are
   * idempotent: an application that streams a POST does not expect to see it twice.
   */
  KEPT,
  /** Can be sent once; a retry is right only while no byte of it was sent. */
  ONE_SHOT
}
