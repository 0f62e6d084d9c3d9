package io.selvage.controller.serve;

import io.selvage.controller.translate.ResourceSet;
import io.selvage.controller.translate.XdsResource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one stream wants and has of one type. Not thread-safe: the stream serialises.
 *
 * <p>Holds names and versions only; resources are shared.
 */
final class Subscription {
  /** Version that stands for 'told that it does not exist'. */
  static final String ABSENT = "";

  final String typeUrl;
  final Set<String> names = new LinkedHashSet<>();

  /** What the client has, by name; {@link #ABSENT} where it was told that there is none. */
  final Map<String, String> sent = new HashMap<>();

  /** To be sent even if the version is the one sent. */
  final Set<String> forced = new HashSet<>();

  /** Rejected by the client: name to text. */
  final Map<String, Nack> nacks = new LinkedHashMap<>();

  /** Names of the resources in each response that is not answered yet, oldest first. */
  final Map<String, List<String>> unanswered = new LinkedHashMap<>();

  boolean wildcard;

  /** State of the world: a response is owed whether or not anything changed. */
  boolean owed;

  /** The set that was last compared in full, to skip work when nothing changed. */
  @Nullable ResourceSet settled;

  String nonce = "";
  String sentVersion = "";

  Subscription(String typeUrl) {
    this.typeUrl = typeUrl;
  }

  /** A rejection of one resource version. */
  record Nack(String version, String message) {}

  /** What of {@code set} this subscription covers. */
  Collection<XdsResource> wanted(ResourceSet set) {
    if (wildcard) {
      return set.all();
    }
    List<XdsResource> wanted = new ArrayList<>(names.size());
    for (String name : names) {
      XdsResource resource = set.get(name);
      if (resource != null) {
        wanted.add(resource);
      }
    }
    return wanted;
  }

  boolean covers(String name) {
    return wildcard || names.contains(name);
  }

  /** To be sent now: changed, new or forced. */
  List<XdsResource> updates(ResourceSet set) {
    List<XdsResource> updates = new ArrayList<>();
    for (XdsResource resource : wanted(set)) {
      if (!resource.version().equals(sent.get(resource.name()))
          || forced.contains(resource.name())) {
        updates.add(resource);
      }
    }
    return updates;
  }

  /** To be taken back, or answered as absent. */
  List<String> removals(ResourceSet set) {
    List<String> removals = new ArrayList<>();
    sent.forEach(
        (name, version) -> {
          if (!version.equals(ABSENT) && covers(name) && set.get(name) == null) {
            removals.add(name);
          }
        });
    for (String name : names) {
      if (!sent.containsKey(name) && set.get(name) == null) {
        removals.add(name);
      }
    }
    return removals;
  }

  void markSent(String newNonce, Collection<XdsResource> updates, Collection<String> removals) {
    nonce = newNonce;
    List<String> in = new ArrayList<>(updates.size());
    for (XdsResource resource : updates) {
      sent.put(resource.name(), resource.version());
      forced.remove(resource.name());
      nacks.remove(resource.name());
      in.add(resource.name());
    }
    for (String name : removals) {
      nacks.remove(name);
      forced.remove(name);
      if (names.contains(name)) {
        sent.put(name, ABSENT);
      } else {
        sent.remove(name);
      }
    }
    unanswered.put(newNonce, in);
    if (unanswered.size() > 64) {
      unanswered.remove(unanswered.keySet().iterator().next());
    }
  }

  /** The client took the response with this nonce, and with it all before. */
  void ack(String ackedNonce) {
    forgetUpTo(ackedNonce);
  }

  /** The client refused the response: names in its text are at fault, or else all of it. */
  List<String> nack(String nackedNonce, String message) {
    List<String> in = forgetUpTo(nackedNonce);
    List<String> named =
        in.stream().filter(name -> !name.isEmpty() && message.contains(name)).toList();
    List<String> atFault = named.isEmpty() ? in : named;
    for (String name : atFault) {
      nacks.put(name, new Nack(sent.getOrDefault(name, ""), message));
    }
    return atFault;
  }

  private List<String> forgetUpTo(String upTo) {
    List<String> in = unanswered.get(upTo);
    if (in == null) {
      return List.of();
    }
    while (!unanswered.isEmpty()) {
      String first = unanswered.keySet().iterator().next();
      unanswered.remove(first);
      if (first.equals(upTo)) {
        break;
      }
    }
    return in;
  }
}
