package io.selvage.engine.match;

import io.selvage.engine.flow.Randomness;
import io.selvage.engine.flow.RequestHead;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Routes in order, first match wins; found by a trie over the literal prefixes of their paths.
 *
 * @param <R> what a route leads to
 */
public final class RouteTable<R> {
  /** Below this many routes, asking one after the other is as fast. */
  private static final int LINEAR = 8;

  private final RouteTest[] tests;
  private final List<R> routes;
  private final @Nullable Node root;

  /**
   * @param tests as many as routes, in the same order
   */
  public RouteTable(List<RouteTest> tests, List<R> routes) {
    this.tests = tests.toArray(new RouteTest[0]);
    this.routes = List.copyOf(routes);
    this.root = tests.size() <= LINEAR ? null : trie();
  }

  /** The first route that matches; null when none does. */
  public @Nullable R find(RequestHead head, Randomness random) {
    String path = head.pathOnly();
    int found = root == null ? linear(head, path, random) : walk(root, head, path, random);
    return found < 0 ? null : routes.get(found);
  }

  public List<R> routes() {
    return routes;
  }

  private int linear(RequestHead head, String path, Randomness random) {
    for (int i = 0; i < tests.length; i++) {
      if (tests[i].test(head, path, random)) {
        return i;
      }
    }
    return -1;
  }

  private int walk(Node start, RequestHead head, String path, Randomness random) {
    int best = Integer.MAX_VALUE;
    Node node = start;
    for (int at = 0; node != null; at++) {
      for (int index : node.routes) {
        if (index >= best) {
          break;
        }
        if (tests[index].test(head, path, random)) {
          best = index;
        }
      }
      node = at < path.length() ? node.child(path.charAt(at)) : null;
    }
    return best == Integer.MAX_VALUE ? -1 : best;
  }

  private Node trie() {
    Node top = new Node();
    for (int i = 0; i < tests.length; i++) {
      Node node = top;
      String prefix = tests[i].literalPrefix();
      for (int at = 0; at < prefix.length(); at++) {
        node = node.childOrNew(prefix.charAt(at));
      }
      node.routes = Arrays.copyOf(node.routes, node.routes.length + 1);
      node.routes[node.routes.length - 1] = i;
    }
    return top;
  }

  /** One character further into the path. */
  private static final class Node {
    private static final int[] NONE = {};
    private char[] keys = {};
    private Node[] children = {};
    private int[] routes = NONE;

    @Nullable Node child(char c) {
      for (int i = 0; i < keys.length; i++) {
        if (keys[i] == c) {
          return children[i];
        }
      }
      return null;
    }

    Node childOrNew(char c) {
      Node known = child(c);
      if (known != null) {
        return known;
      }
      Node made = new Node();
      keys = Arrays.copyOf(keys, keys.length + 1);
      keys[keys.length - 1] = c;
      children = Arrays.copyOf(children, children.length + 1);
      children[children.length - 1] = made;
      return made;
    }
  }
}
