package io.selvage.tooling;

import java.util.Objects;
import net.bytebuddy.description.type.TypeDescription;
import net.bytebuddy.description.type.TypeDescription.Generic;

/**
 * The types that a call site passes: primitives and {@code java.*} as they are, everything else as
 * {@code Object}.
 *
 * <p>A call site's types are resolved by the woven class's loader, which knows neither the engine
 * nor the instrumentation. Byte Buddy's own {@code Generalizing} is too coarse: a {@code
 * SocketAddress} that became {@code Object} cannot be assigned back.
 */
enum Erase implements Generic.Visitor<Generic> {
  INSTANCE;

  private static Generic erase(Generic generic) {
    TypeDescription type = generic.asErasure();
    TypeDescription element = type;
    while (element.isArray()) {
      element = Objects.requireNonNull(element.getComponentType());
    }
    if (element.isPrimitive() || element.getName().startsWith("java.")) {
      return type.asGenericType();
    }
    return TypeDescription.ForLoadedType.of(Object.class).asGenericType();
  }

  @Override
  public Generic onGenericArray(Generic generic) {
    return erase(generic);
  }

  @Override
  public Generic onWildcard(Generic generic) {
    return erase(generic);
  }

  @Override
  public Generic onParameterizedType(Generic generic) {
    return erase(generic);
  }

  @Override
  public Generic onTypeVariable(Generic generic) {
    return erase(generic);
  }

  @Override
  public Generic onNonGenericType(Generic generic) {
    return erase(generic);
  }
}
