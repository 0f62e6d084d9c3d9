package io.selvage.engine.flow;

/** Whether a request's body can be sent a second time. */
public enum BodyReplay {
  /** There is no body, or it can be had again at no cost. */
  REPEATABLE,
  /** Can be sent once; a retry is right only while no byte of it was sent. */
  ONE_SHOT
}
