package io.selvage.instrumentation.testing.server;

/**
 * An application on the stack under test, as its author would write it without a mesh.
 *
 * <p>All paths below answer on every way in that the stack has; see {@link SampleLogic} for what
 * they say.
 */
public interface SampleServer extends AutoCloseable {
  int port();

  @Override
  void close() throws Exception;
}
