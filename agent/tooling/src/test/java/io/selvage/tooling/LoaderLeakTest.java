package io.selvage.tooling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import sample.app.Semantics;
import sample.lib.Pipeline;

/** Application loaders that were woven go away like any other. */
class LoaderLeakTest {
  private static WeakReference<ClassLoader> wovenAndUsed(boolean faulty) throws IOException {
    IsolatedLoader loader =
        IsolatedLoader.with(
            Semantics.class,
            Semantics.Thing.class,
            Pipeline.class,
            Pipeline.Handler.class,
            Pipeline.Context.class);
    loader.add(
        "sample.lib.Secret", ClassFiles.read(Pipeline.class.getClassLoader(), "sample.lib.Secret"));
    assertThat(loader.call("sample.app.Semantics", "argument", "bob")).isEqualTo("hello BOB");
    assertThat(loader.call("sample.lib.Pipeline", "fire", "hi")).isEqualTo("hi ctx ctx hidden");
    if (faulty) {
      assertThat(loader.call("sample.app.Semantics", "faulty")).isEqualTo("own behaviour");
      assertThat(loader.call("sample.app.Semantics", "unlinkable")).isEqualTo("own behaviour");
    }
    return new WeakReference<>(loader);
  }

  @Test
  void loadersAreCollected() throws IOException {
    assertThat(Woven.WEAVING).isNotNull();
    List<WeakReference<ClassLoader>> loaders = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      loaders.add(wovenAndUsed(i % 2 == 0));
    }
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> {
              System.gc();
              assertThat(loaders).allMatch(reference -> reference.get() == null);
            });
  }
}
