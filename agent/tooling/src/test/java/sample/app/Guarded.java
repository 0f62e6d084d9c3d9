package sample.app;

import java.io.IOException;

/** A class with a security seam, and one whose advice is linked while it is being linked. */
public class Guarded {
  public static String guarded() throws IOException {
    return "unguarded";
  }

  public static String nested() {
    return "own";
  }
}
