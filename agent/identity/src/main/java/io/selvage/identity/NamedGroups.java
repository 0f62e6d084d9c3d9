package io.selvage.identity;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.security.AlgorithmConstraints;
import java.security.AlgorithmParameters;
import java.security.CryptoPrimitive;
import java.security.Key;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/**
 * Limits the groups of a key exchange, on every Java: since 20 there is a list of its own, in order
 * of preference; before, the platform asks the constraints about each group that it would use.
 */
final class NamedGroups {
  private static final Set<String> KNOWN =
      Set.of(
          "x25519",
          "x448",
          "secp256r1",
          "secp384r1",
          "secp521r1",
          "ffdhe2048",
          "ffdhe3072",
          "ffdhe4096",
          "ffdhe6144",
          "ffdhe8192",
          "x25519mlkem768",
          "secp256r1mlkem768",
          "secp384r1mlkem1024");

  private static final @Nullable Method SET_NAMED_GROUPS = setter();

  private NamedGroups() {}

  private static @Nullable Method setter() {
    try {
      return SSLParameters.class.getMethod("setNamedGroups", String[].class);
    } catch (NoSuchMethodException older) {
      return null;
    }
  }

  /**
   * Limits them.
   *
   * @param groups JSSE names in order of preference; empty = no limit. The hybrid is left out where
   *     the platform has none, as long as another group stays
   */
  static void limit(SSLParameters parameters, List<String> groups) {
    if (groups.isEmpty()) {
      return;
    }
    parameters.setAlgorithmConstraints(new Allowed(groups));
    Method setter = SET_NAMED_GROUPS;
    if (setter == null) {
      return;
    }
    try {
      setter.invoke(parameters, (Object) groups.toArray(String[]::new));
    } catch (IllegalAccessException | InvocationTargetException constraintsHold) {
      // the order is the platform's then; what is allowed is the same
      return;
    }
  }

  /** Limits one as another is. */
  static void copy(SSLParameters from, SSLParameters to) {
    if (from.getAlgorithmConstraints() instanceof Allowed allowed) {
      limit(to, allowed.groups);
    }
  }

  /** Judges groups by their names, and nothing else: the platform's own constraints stay. */
  private static final class Allowed implements AlgorithmConstraints {
    private final List<String> groups;
    private final Set<String> allowed = new HashSet<>();

    Allowed(List<String> groups) {
      this.groups = groups;
      groups.forEach(group -> allowed.add(group.toLowerCase(Locale.ROOT)));
    }

    @Override
    public boolean permits(
        Set<CryptoPrimitive> primitives,
        String algorithm,
        @Nullable AlgorithmParameters parameters) {
      String name = algorithm.toLowerCase(Locale.ROOT);
      return !KNOWN.contains(name) || allowed.contains(name);
    }

    @Override
    public boolean permits(Set<CryptoPrimitive> primitives, Key key) {
      return true;
    }

    @Override
    public boolean permits(
        Set<CryptoPrimitive> primitives,
        String algorithm,
        Key key,
        @Nullable AlgorithmParameters parameters) {
      return true;
    }
  }
}
