package io.selvage.instrumentation.testing.client;

import java.net.UnknownHostException;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;

/** What each group of promises needs of the test class that it is mixed into. */
public interface ClientWorld {
  /** URL of the service that most promises call. */
  String REVIEWS = "http://reviews:9080";

  /** Servers and mesh of the running test. */
  ClientFixture world();

  /** The library's client, one for the running test. */
  default Caller caller() {
    return world().caller();
  }

  /** What upstream servers are to see. */
  default String protocol() {
    return "HTTP/1.1";
  }

  /** Skips a promise about something that the library cannot do even without a mesh. */
  default void needs(Caller.Lacks what) {
    Set<Caller.Lacks> lacks = caller().lacks();
    Assumptions.assumeFalse(lacks.contains(what), () -> "the library lacks " + what);
  }

  /** Sends and reads the whole answer. */
  default String text(Call call) throws Exception {
    try (Answer answer = caller().send(call)) {
      return answer.text();
    }
  }

  /** Sends, reads, and gives the status. */
  default int status(Call call) throws Exception {
    try (Answer answer = caller().send(call)) {
      answer.text();
      return answer.status();
    }
  }

  /** Whether the failure is that a name is not known. */
  static boolean isUnknownHost(Throwable thrown) {
    for (Throwable t = thrown; t != null; t = t.getCause()) {
      if (t instanceof UnknownHostException
          || t instanceof java.nio.channels.UnresolvedAddressException) {
        return true;
      }
    }
    return false;
  }
}
