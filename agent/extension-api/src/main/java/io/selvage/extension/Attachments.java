package io.selvage.extension;

import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * Values attached to objects of a library, by identity; an entry goes with its object.
 *
 * <p>A value must not refer to its object, or neither ever goes. Any thread; no lock.
 */
public final class Attachments<V> {
  private final ConcurrentMap<Key, V> values = new ConcurrentHashMap<>();
  private final ReferenceQueue<Object> gone = new ReferenceQueue<>();

  /** Attaches a value in place of the one before. */
  public void put(Object object, V value) {
    for (Reference<?> key = gone.poll(); key != null; key = gone.poll()) {
      if (key instanceof Key dead) {
        values.remove(dead);
      }
    }
    values.put(new Key(object, gone), value);
  }

  /** The attached value; null when there is none. */
  public @Nullable V get(Object object) {
    return values.isEmpty() ? null : values.get(new Key(object, null));
  }

  /** Equal while it refers to the same object. */
  private static final class Key extends WeakReference<Object> {
    private final int hash;

    Key(Object object, @Nullable ReferenceQueue<Object> queue) {
      super(object, queue);
      this.hash = System.identityHashCode(object);
    }

    @Override
    public int hashCode() {
      return hash;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      if (this == other) {
        return true;
      }
      Object mine = get();
      return other instanceof Key key && mine != null && key.refersTo(mine);
    }
  }
}
