package io.selvage.differential;

import com.google.protobuf.BoolValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import java.util.ArrayList;
import java.util.List;

/** Header operations with every append action, and values with Envoy's substitutions. */
final class HeaderTables {
  private static final String[] NAMES = {"x-a", "x-b", "X-Multi", "x-new", "x-old", "x-up"};
  private static final String[] PLAIN = {"v", "w", "100%%", "", "two words"};
  private static final String[] REQUEST = {
    "%REQ(x-a)%",
    "%REQ(:path)%",
    "%REQ(:METHOD)%",
    "%REQ(:authority)%",
    "%REQ(x-none)%",
    "%REQ(x-none?x-b)%",
    "%REQ(x-a):2%",
    "[%REQ(x-a)%|%%]",
    "%ROUTE_NAME%",
    "%UPSTREAM_CLUSTER%",
    "%DOWNSTREAM_LOCAL_PORT%",
    "%DOWNSTREAM_PEER_URI_SAN%",
    "%REQUESTED_SERVER_NAME%",
    "%RESPONSE_CODE%",
    "%VIRTUAL_CLUSTER_NAME%"
  };
  private static final String[] RESPONSE = {
    "%RESPONSE_CODE%",
    "%RESP(x-up)%",
    "%RESP(x-none?x-up)%",
    "%UPSTREAM_HOST%",
    "%RESPONSE_FLAGS%",
    "%UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
    "%UPSTREAM_REMOTE_PORT%"
  };

  private final Dice dice;

  HeaderTables(Dice dice) {
    this.dice = dice;
  }

  List<HeaderValueOption> adds(boolean response) {
    List<HeaderValueOption> all = new ArrayList<>();
    int count = dice.below(4);
    for (int i = 0; i < count; i++) {
      all.add(add(response));
    }
    return all;
  }

  @SuppressWarnings("deprecation") // append is what istiod sends
  private HeaderValueOption add(boolean response) {
    String value =
        switch (dice.below(4)) {
          case 0 -> dice.of(REQUEST);
          case 1 -> response ? dice.of(RESPONSE) : dice.of(REQUEST);
          default -> dice.of(PLAIN);
        };
    String name =
        dice.percent(1)
            ? dice.of("content-type", "content-type", "location", "location")
            : dice.of(NAMES);
    HeaderValueOption.Builder option =
        HeaderValueOption.newBuilder()
            .setHeader(HeaderValue.newBuilder().setKey(name).setValue(value))
            .setKeepEmptyValue(dice.percent(20));
    if (dice.percent(40)) {
      option.setAppend(BoolValue.of(dice.percent(50)));
    } else {
      option.setAppendActionValue(dice.below(4));
    }
    return option.build();
  }

  List<String> removes() {
    List<String> all = new ArrayList<>();
    while (dice.percent(35)) {
      all.add(dice.below(400) == 0 ? "host" : dice.of(NAMES));
    }
    return all;
  }
}
