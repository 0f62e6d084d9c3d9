package sample.lib;

import java.util.function.Function;

/** Defined in the library's package: sees what is package-private. */
public class Inside implements Function<Object, Object> {
  @Override
  public Object apply(Object pipeline) {
    return ((Pipeline) pipeline).secret.text;
  }
}
