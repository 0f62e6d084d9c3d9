package shop;

/** What is woven in the application, and something package-private. */
public class Library {
  final Secret secret = new Secret();

  public String greet(String name) {
    return "hello " + name;
  }
}

class Secret {
  @Override
  public String toString() {
    return "hidden";
  }
}
