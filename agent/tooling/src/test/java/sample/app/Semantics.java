package sample.app;

import java.io.IOException;
import java.net.SocketAddress;
import java.util.Map;

/** What the tests weave: one method for each thing that linked advice can do. */
public class Semantics {
  public String field = "field";
  public final String built;

  public Semantics() {
    this("default");
  }

  public Semantics(String built) {
    this.built = built;
  }

  public String everything(String first, int second) {
    return first + second;
  }

  public String argument(String name) {
    return "hello " + name;
  }

  public SocketAddress address(SocketAddress address) {
    return address;
  }

  public Object dynamic(Thing thing) {
    return thing.name;
  }

  public Map<String, Integer> generic(Map<String, Integer> map, String[] names, Thing[] things) {
    return map;
  }

  public String fieldReader() {
    return field;
  }

  public String refusable() throws IOException {
    return "went on";
  }

  public String skippable(String input) {
    return "ran " + input;
  }

  public String several(String input, int times) {
    return input.repeat(times);
  }

  public void thrown() throws IOException {
    throw new IOException("from the method");
  }

  public String faulty() {
    return "own behaviour";
  }

  public String secureFaulty() throws IOException {
    return "must not be seen";
  }

  public String unlinkable() {
    return "own behaviour";
  }

  public String secureUnlinkable() throws IOException {
    return "must not be seen";
  }

  public String local() {
    return "own behaviour";
  }

  public String beside() {
    return "own";
  }

  public String twice(String once, int times) {
    return once;
  }

  public String unfit(String only) {
    return only;
  }

  public String overloaded(String one) {
    return "one";
  }

  public String overloaded(String one, int two) {
    return "two";
  }

  public static String fixed(String input) {
    return input;
  }

  /** A type of the library. */
  public static class Thing {
    public final String name;

    public Thing(String name) {
      this.name = name;
    }
  }
}
