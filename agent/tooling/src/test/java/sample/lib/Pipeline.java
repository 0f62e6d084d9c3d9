package sample.lib;

import java.util.ArrayList;
import java.util.List;

/**
 * A library as the tests need one: with handlers, with something package-private, and fit to be
 * relocated.
 */
public class Pipeline {
  private final List<Handler> handlers = new ArrayList<>();
  final Secret secret = new Secret("hidden");

  public void addFirst(Handler handler) {
    handlers.add(0, handler);
  }

  public String fire(String message) {
    String text = message;
    for (Handler handler : handlers) {
      text = handler.handle(text, new Context("ctx"));
    }
    return text;
  }

  /** Implemented by the library's users. */
  public interface Handler {
    String handle(String message, Context context);
  }

  /** Given to handlers. */
  public static class Context {
    public final String label;

    public Context(String label) {
      this.label = label;
    }

    public String name() {
      return label;
    }
  }
}

class Secret {
  final String text;

  Secret(String text) {
    this.text = text;
  }
}
