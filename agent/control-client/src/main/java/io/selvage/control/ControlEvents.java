package io.selvage.control;

import io.selvage.engine.model.MeshConfig;
import io.selvage.identity.TrustBundle;
import java.util.List;
import java.util.Map;

/**
 * What the control plane's client needs of the agent. Called on the control thread; must not throw
 * or block.
 */
public interface ControlEvents {
  /**
   * A configuration is to be in force from now on.
   *
   * @return what the engine left out of it, in words
   */
  List<String> publish(MeshConfig config);

  /** The mesh trusts these roots now. */
  void trust(TrustBundle bundle);

  /** What the controller is to know of this agent. */
  Map<String, Object> report();

  /** The answer to a question, without its id. */
  Map<String, Object> answer(Map<String, Object> question);

  /** A finished line for the log. */
  void log(String line);
}
