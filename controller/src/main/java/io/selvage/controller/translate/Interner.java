package io.selvage.controller.translate;

import com.google.protobuf.Message;
import java.util.Collection;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps one object for equal content, within a generation and from one to the next.
 *
 * <p>So streams share bytes, and a set that did not change is the same object as before, which ends
 * the comparison for a stream at once. Thread-safe.
 */
final class Interner {
  private final Map<String, XdsResource> before;
  private final Map<String, ResourceSet> setsBefore;
  private final Map<String, XdsResource> now = new ConcurrentHashMap<>();
  private final Map<String, ResourceSet> setsNow = new ConcurrentHashMap<>();

  Interner() {
    this.before = Map.of();
    this.setsBefore = Map.of();
  }

  private Interner(Interner previous) {
    this.before = previous.now;
    this.setsBefore = previous.setsNow;
  }

  /** The next generation; what it does not use again is forgotten. */
  Interner next() {
    return new Interner(this);
  }

  XdsResource resource(String type, String name, Message message) {
    XdsResource made = XdsResource.of(name, message);
    String key = type + "|" + name + "|" + made.version();
    XdsResource known = before.get(key);
    XdsResource kept = known == null ? made : known;
    XdsResource raced = now.putIfAbsent(key, kept);
    return raced == null ? kept : raced;
  }

  /**
   * The set under {@code key}; the object of the last generation where all members are the same.
   */
  ResourceSet set(String key, Collection<XdsResource> resources) {
    ResourceSet made = ResourceSet.of(resources);
    ResourceSet known = setsBefore.get(key);
    ResourceSet kept = known != null && same(known, made) ? known : made;
    setsNow.put(key, kept);
    return kept;
  }

  private static boolean same(ResourceSet a, ResourceSet b) {
    if (a.size() != b.size()) {
      return false;
    }
    Iterator<XdsResource> left = a.all().iterator();
    for (XdsResource right : b.all()) {
      if (left.next() != right) {
        return false;
      }
    }
    return true;
  }
}
