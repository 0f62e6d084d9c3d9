package sample;

/** Woven by the test. */
public class Greeter {
  public String greet() {
    return "hello";
  }
}
