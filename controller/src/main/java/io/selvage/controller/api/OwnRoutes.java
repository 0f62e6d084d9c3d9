package io.selvage.controller.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What {@code /selvage/v1} asks of the rest of the controller. Called by request threads; may block
 * within a request's patience.
 */
public interface OwnRoutes {

  /** A join token; the secret is shown this once. */
  record IssuedToken(String token, Instant expires) {}

  /** Version, trust domain and the address of the control port. */
  JsonNode version();

  /** Makes a join token bound to an identity. */
  IssuedToken createToken(String namespace, String serviceAccount, int uses, Duration lifetime);

  /**
   * {@code {agents: […]}}: what each reported and how far its configuration is.
   *
   * @param visible namespaces whose agents are told of
   */
  JsonNode agents(Predicate<String> visible);

  /** {@code /selvage/v1/identity/SUBJECT} as it is; null where there is no such subject. */
  default @Nullable JsonNode identity(String subject) {
    return null;
  }

  /**
   * Changes {@code /selvage/v1/identity/SUBJECT}; null where there is no such subject.
   *
   * @throws UnanswerableException where it is refused; the message starts with the code
   */
  default @Nullable JsonNode changeIdentity(String subject, ObjectNode body, String user)
      throws UnanswerableException {
    return null;
  }

  /**
   * Explains a call: which listener, route, cluster, endpoint and policy decide, as the agents
   * themselves say.
   *
   * @param question {@code {from, to, port, method, path, headers}}
   * @return {@code {outbound, inbound}}; {@code inbound} is absent where the call does not get so
   *     far
   * @throws UnanswerableException if a workload is unknown or does not answer
   */
  JsonNode why(ObjectNode question) throws UnanswerableException;

  /** A question that nobody could answer; the message says why and what to do. */
  final class UnanswerableException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String code;

    public UnanswerableException(String code, String message) {
      super(message);
      this.code = code;
    }

    public String code() {
      return code;
    }
  }
}
