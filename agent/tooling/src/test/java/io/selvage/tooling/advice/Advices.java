package io.selvage.tooling.advice;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.HashMap;
import java.util.Map;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.asm.Advice.AssignReturned.ToArguments;
import net.bytebuddy.asm.Advice.AssignReturned.ToArguments.ToArgument;
import net.bytebuddy.asm.Advice.AssignReturned.ToFields;
import net.bytebuddy.asm.Advice.AssignReturned.ToFields.ToField;
import net.bytebuddy.asm.Advice.AssignReturned.ToReturned;
import net.bytebuddy.asm.Advice.AssignReturned.ToThrown;
import net.bytebuddy.implementation.bytecode.assign.Assigner.Typing;
import sample.app.Semantics;

/** One advice class for each row of what works when advice is linked instead of inlined. */
public final class Advices {
  private Advices() {}

  /** Travels from enter to exit although no other loader knows it. */
  public static final class State {
    final String text;

    State(String text) {
      this.text = text;
    }
  }

  public static final class Everything {
    @Advice.OnMethodEnter
    public static State enter(
        @Advice.This Semantics self,
        @Advice.Origin("#m") String method,
        @Advice.Argument(1) int second,
        @Advice.AllArguments Object[] all,
        @Advice.FieldValue("field") String field) {
      return new State(method + "|" + second + "|" + all.length + "|" + field + "|" + self.built);
    }

    @Advice.OnMethodExit(onThrowable = Throwable.class)
    @ToReturned
    public static String exit(
        @Advice.Enter State state,
        @Advice.Return String returned,
        @Advice.Thrown Throwable thrown) {
      return returned + "|" + state.text + "|" + thrown;
    }
  }

  public static final class Argument {
    @Advice.OnMethodEnter
    @ToArguments(@ToArgument(0))
    public static String enter(@Advice.Argument(0) String name) {
      return name.toUpperCase(java.util.Locale.ROOT);
    }
  }

  public static final class Address {
    @Advice.OnMethodEnter
    @ToArguments(@ToArgument(0))
    public static SocketAddress enter(@Advice.Argument(0) SocketAddress address) {
      return InetSocketAddress.createUnresolved("woven", ((InetSocketAddress) address).getPort());
    }
  }

  public static final class Dynamic {
    @Advice.OnMethodEnter
    @ToArguments(@ToArgument(value = 0, typing = Typing.DYNAMIC))
    public static Semantics.Thing enter(@Advice.Argument(0) Semantics.Thing thing) {
      return new Semantics.Thing(thing.name + "+");
    }

    @Advice.OnMethodExit
    @ToReturned(typing = Typing.DYNAMIC)
    public static Object exit(@Advice.Return(typing = Typing.DYNAMIC) Object returned) {
      return returned + "!";
    }
  }

  public static final class Generic {
    @Advice.OnMethodExit
    @ToReturned
    public static Map<String, Integer> exit(
        @Advice.Argument(1) String[] names,
        @Advice.Argument(value = 2, typing = Typing.DYNAMIC) Semantics.Thing[] things,
        @Advice.Return Map<String, Integer> map) {
      var copy = new HashMap<>(map);
      copy.put(names[0], things.length);
      return copy;
    }
  }

  public static final class Field {
    @Advice.OnMethodEnter
    @ToFields(@ToField("field"))
    public static String enter(@Advice.FieldValue("field") String field) {
      return field + "+";
    }
  }

  public static final class Throwing {
    @Advice.OnMethodExit(onThrowable = Throwable.class)
    @ToThrown
    public static Throwable exit(@Advice.This Semantics self, @Advice.Thrown Throwable thrown) {
      return self.built.equals("refuse") ? new IOException("the mesh says no") : thrown;
    }
  }

  public static final class Swallowing {
    @Advice.OnMethodExit(onThrowable = Throwable.class)
    @Advice.AssignReturned.AsScalar(skipOnDefaultValue = false)
    @ToThrown
    public static Throwable exit(@Advice.This Semantics self, @Advice.Thrown Throwable thrown) {
      return self.built.equals("swallow") ? null : thrown;
    }
  }

  public static final class Skipping {
    @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class)
    public static Object enter(@Advice.Argument(0) String input) {
      return input.equals("skip") ? "skipped" : null;
    }

    @Advice.OnMethodExit
    @ToReturned
    public static String exit(@Advice.Enter Object answer, @Advice.Return String returned) {
      return answer == null ? returned : (String) answer;
    }
  }

  public static final class Several {
    @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class, skipOnIndex = 1)
    @ToArguments(@ToArgument(value = 0, index = 0, typing = Typing.DYNAMIC))
    public static Object[] enter(@Advice.Argument(0) String input, @Advice.Argument(1) int times) {
      return new Object[] {"<" + input + ">", times == 0 ? "none" : null, new State("kept")};
    }

    @Advice.OnMethodExit
    @ToReturned
    public static String exit(@Advice.Enter Object[] entered, @Advice.Return String returned) {
      return (entered[1] == null ? returned : entered[1]) + ((State) entered[2]).text;
    }
  }

  public static final class Constructed {
    @Advice.OnMethodEnter
    public static String enter(@Advice.Argument(0) String built) {
      return "entered with " + built;
    }

    @Advice.OnMethodExit
    @ToFields(@ToField("field"))
    public static String exit(@Advice.This Semantics self, @Advice.Enter String entered) {
      return entered + ", left with " + self.built;
    }
  }

  public static final class Faulty {
    @Advice.OnMethodEnter
    public static void enter() {
      throw new IllegalArgumentException("a fault of ours");
    }
  }

  public static final class Unlinkable {
    static {
      fail();
    }

    private static void fail() {
      throw new IllegalStateException("cannot be initialised");
    }

    @Advice.OnMethodEnter
    public static void enter() {}
  }

  public static final class Local {
    @Advice.OnMethodEnter
    public static void enter(@Advice.Local("kept") Object kept) {}
  }

  public static final class Beside {
    @Advice.OnMethodExit
    @ToReturned
    public static String exit(@Advice.Return String returned) {
      return returned + " woven";
    }
  }

  /** Inlined by what its author wrote; the weaver links it all the same. */
  public static final class Inlined {
    @Advice.OnMethodExit(inline = true)
    @ToReturned
    public static String exit(@Advice.Return String returned) {
      return returned + " by " + Inlined.class.getClassLoader().getName();
    }
  }
}
