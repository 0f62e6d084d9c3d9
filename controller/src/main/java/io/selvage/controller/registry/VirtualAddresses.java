package io.selvage.controller.registry;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One address of 240.240.0.0/16 for each host, as Istio's automatic allocation.
 *
 * <p>An address is a hash of the host, the next free one on collision, and never changes while the
 * file is kept. Thread-safe.
 */
public final class VirtualAddresses {
  private static final Logger LOG = LoggerFactory.getLogger(VirtualAddresses.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int SIZE = 65_534;
  private final Path file;
  private final Map<String, Integer> byHost = new HashMap<>();
  private final Set<Integer> taken = new HashSet<>();
  private boolean dirty;

  private VirtualAddresses(Path file) {
    this.file = file;
  }

  /** Opens the allocations kept in {@code file}; damage there is logged and hashes rule again. */
  public static VirtualAddresses open(Path file) {
    VirtualAddresses addresses = new VirtualAddresses(file);
    addresses.read();
    return addresses;
  }

  private synchronized void read() {
    if (!Files.exists(file)) {
      return;
    }
    try {
      Map<String, Integer> known =
          JSON.readValue(file.toFile(), new TypeReference<Map<String, Integer>>() {});
      known.forEach(
          (host, index) -> {
            if (index > 0 && index <= SIZE && taken.add(index)) {
              byHost.put(host, index);
            }
          });
    } catch (IOException | RuntimeException e) {
      LOG.warn("[SELV-7313] {} cannot be read; {}", file, e.getMessage());
    }
  }

  /** The address of {@code host}, given out now if it has none; empty when all are taken. */
  public synchronized String of(String host) {
    Integer known = byHost.get(host);
    if (known == null) {
      if (taken.size() >= SIZE) {
        return "";
      }
      int index = Math.floorMod(spread(host), SIZE) + 1;
      while (!taken.add(index)) {
        index = index % SIZE + 1;
      }
      byHost.put(host, index);
      dirty = true;
      known = index;
    }
    return "240.240." + (known >> 8) + "." + (known & 0xFF);
  }

  // FNV-1a: spreads names that differ in one character
  private static int spread(String host) {
    int hash = 0x811c9dc5;
    for (int i = 0; i < host.length(); i++) {
      hash = (hash ^ host.charAt(i)) * 0x01000193;
    }
    return hash ^ (hash >>> 16);
  }

  /** Writes the file when something was given out since the last call. */
  public void save() {
    Map<String, Integer> copy;
    synchronized (this) {
      if (!dirty) {
        return;
      }
      dirty = false;
      copy = new TreeMap<>(byHost);
    }
    try {
      Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
      JSON.writeValue(temporary.toFile(), copy);
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      LOG.warn("[SELV-7312] {} cannot be written; {}. Fix: make room.", file, e.getMessage());
    }
  }
}
