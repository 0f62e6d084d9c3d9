package io.selvage.controller.store;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.Kinds;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.ResourceKey;
import java.nio.file.Path;
import java.util.Random;

/** Child process of {@link StoreKillTest}: writes until killed and prints what was acknowledged. */
final class StoreWriter {
  private StoreWriter() {}

  public static void main(String[] arguments) {
    Random random = new Random(Long.parseLong(arguments[1]));
    EmbeddedStore store = EmbeddedStore.open(Path.of(arguments[0]));
    System.out.println("open " + store.revision());
    while (true) {
      ResourceKey key = new ResourceKey(Kinds.DESTINATION_RULE, "shop", "r" + random.nextInt(40));
      String host = "h" + random.nextInt(1_000_000) + "x".repeat(random.nextInt(3_000));
      Resource current = store.get(key).orElse(null);
      Resource done;
      if (current != null && random.nextInt(4) == 0) {
        done = store.delete(key, current.resourceVersion());
        System.out.println("ack " + done.resourceVersion() + " " + key.name() + " -");
        continue;
      }
      ObjectNode json = new ObjectMapper().createObjectNode();
      json.put("apiVersion", "networking.istio.io/v1").put("kind", "DestinationRule");
      json.putObject("metadata").put("name", key.name()).put("namespace", "shop");
      json.putObject("spec").put("host", host);
      done =
          current == null
              ? store.create(Kinds.DESTINATION_RULE, json)
              : store.update(Kinds.DESTINATION_RULE, json, current.resourceVersion());
      System.out.println(
          "ack " + done.resourceVersion() + " " + key.name() + " " + host.hashCode());
    }
  }
}
