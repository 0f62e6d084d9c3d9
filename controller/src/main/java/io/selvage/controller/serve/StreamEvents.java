package io.selvage.controller.serve;

import com.google.protobuf.Struct;
import io.selvage.controller.translate.AgentConfig;

/**
 * What streams tell the rest of the controller. Calls come from gRPC's threads; never block long.
 */
interface StreamEvents {
  /** A stream passed the identity check; returns what it may read now. */
  AgentConfig opened(AgentStream stream);

  /** The agent reported. */
  void reported(AgentStream stream, Struct report);

  /** The agent answered a question. */
  void answered(AgentStream stream, Struct answer);

  /** A resource was rejected or a rejection was healed. */
  void verdictsChanged(AgentStream stream);

  /**
   * The stream ended; {@code clean} where the agent closed it on purpose. Once per opened stream.
   */
  void closed(AgentStream stream, boolean clean);
}
