package io.selvage.controller.store;

/** Where committed changes are made durable before anybody sees them. */
interface Journal extends AutoCloseable {

  /** A journal that forgets everything; for tests and tools. */
  Journal NONE =
      new Journal() {
        @Override
        public void append(StoreEvent event, StoreSnapshot after) {}

        @Override
        public void close() {}
      };

  /**
   * Returns once the change would survive a power cut. Called by one thread at a time, in order of
   * revisions.
   *
   * @param after state including the change
   * @throws StoreException UNAVAILABLE; then the change must not become visible
   */
  void append(StoreEvent event, StoreSnapshot after);

  @Override
  void close();
}
