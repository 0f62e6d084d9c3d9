package shop;

import java.util.function.Function;

/**
 * Comes with the instrumentation and is defined in the application's package, module and loader.
 */
public class Inside implements Function<Object, Object> {
  @Override
  public Object apply(Object library) {
    return ((Library) library).secret + " in module " + Inside.class.getModule().getName();
  }
}
