package io.selvage.contract.okhttp;

import io.selvage.instrumentation.testing.client.Caller;
import io.selvage.instrumentation.testing.client.HttpClientContract;
import java.util.List;
import okhttp3.Protocol;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** OkHttp keeps them for calls that are enqueued. */
class OkHttpEnqueuedContractTest extends HttpClientContract {
  @Override
  protected Caller newCaller(Caller.Setup setup) {
    return new OkHttpCaller(setup, List.of(Protocol.HTTP_1_1), true);
  }

  /** That a thread is the agent's own is said of the thread, and the dispatcher's are not. */
  @Override
  @Test
  public void leavesTheAgentsOwnThreadsAlone() {
    Assumptions.abort("the agent enqueues nothing");
  }
}
