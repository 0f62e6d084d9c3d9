package io.selvage.controller.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.common.Anchor;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Reads YAML 1.2 (and so JSON) into JSON trees, with bounds against documents made to hurt: size,
 * depth, and the number of nodes after aliases are expanded. Tags other than the core ones are
 * refused, duplicate keys too.
 */
public final class YamlDocuments {
  /** Characters of one file. */
  public static final int MAX_CHARACTERS = 8 << 20;

  static final int MAX_DEPTH = 100;
  static final int MAX_NODES = 500_000;

  private static final Pattern INTEGER = Pattern.compile("[-+]?[0-9]{1,400}");
  private static final Pattern HEXADECIMAL = Pattern.compile("0x[0-9a-fA-F]{1,100}");
  private static final Pattern OCTAL = Pattern.compile("0o[0-7]{1,100}");
  private static final Pattern REAL =
      Pattern.compile(
          "[-+]?(\\.[0-9]{1,400}|[0-9]{1,400}(\\.[0-9]{0,400})?)([eE][-+]?[0-9]{1,3})?");
  private static final String CORE_TAG = "tag:yaml.org,2002:";

  private final Iterator<Event> events;
  private final Map<Anchor, JsonNode> anchors = new HashMap<>();
  private final Map<Anchor, Integer> anchorSizes = new HashMap<>();
  private int nodes;

  private YamlDocuments(String text) {
    LoadSettings settings =
        LoadSettings.builder().setCodePointLimit(MAX_CHARACTERS).setParseComments(false).build();
    this.events = new Parse(settings).parseString(text).iterator();
  }

  /** A refused text; the message names line and column where known. */
  public static final class MalformedException extends Exception {
    private static final long serialVersionUID = 1L;

    MalformedException(String message) {
      super(message);
    }
  }

  /** All documents that are not empty. */
  public static List<JsonNode> parse(String text) throws MalformedException {
    if (text.length() > MAX_CHARACTERS) {
      throw new MalformedException("longer than " + MAX_CHARACTERS + " characters");
    }
    try {
      return new YamlDocuments(text).documents();
    } catch (MarkedYamlEngineException e) {
      String where =
          e.getProblemMark()
              .map(m -> "line " + (m.getLine() + 1) + ", column " + (m.getColumn() + 1) + ": ")
              .orElse("");
      throw new MalformedException(where + e.getProblem());
    } catch (YamlEngineException e) {
      throw new MalformedException(String.valueOf(e.getMessage()));
    }
  }

  private List<JsonNode> documents() throws MalformedException {
    List<JsonNode> documents = new ArrayList<>();
    while (events.hasNext()) {
      Event event = events.next();
      if (event.getEventId() == Event.ID.DocumentStart) {
        anchors.clear();
        anchorSizes.clear();
        JsonNode document = node(events.next(), 0);
        if (!document.isNull()) {
          documents.add(document);
        }
      }
    }
    return documents;
  }

  private JsonNode node(Event event, int depth) throws MalformedException {
    if (depth > MAX_DEPTH) {
      throw at(event, "nested deeper than " + MAX_DEPTH);
    }
    int before = nodes;
    count(event, 1);
    if (event instanceof AliasEvent alias) {
      JsonNode target = anchors.get(alias.getAlias());
      if (target == null) {
        throw at(event, "unknown alias *" + alias.getAlias());
      }
      count(event, anchorSizes.getOrDefault(alias.getAlias(), 1));
      return target.deepCopy();
    }
    JsonNode node =
        switch (event.getEventId()) {
          case Scalar -> scalar((ScalarEvent) event);
          case SequenceStart -> sequence(depth);
          case MappingStart -> mapping(depth);
          default -> throw at(event, "unexpected " + event.getEventId());
        };
    Optional<Anchor> anchor = ((NodeEvent) event).getAnchor();
    if (anchor.isPresent()) {
      anchors.put(anchor.get(), node);
      anchorSizes.put(anchor.get(), nodes - before);
    }
    return node;
  }

  private void count(Event event, int more) throws MalformedException {
    nodes += more;
    if (nodes > MAX_NODES) {
      throw at(event, "more than " + MAX_NODES + " values after aliases are expanded");
    }
  }

  private ArrayNode sequence(int depth) throws MalformedException {
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    for (Event e = events.next(); e.getEventId() != Event.ID.SequenceEnd; e = events.next()) {
      JsonNode item = node(e, depth + 1);
      boolean flowMapping = e instanceof MappingStartEvent start && start.isFlow();
      array.add(flowMapping ? withTrailingColons(item) : item);
    }
    return array;
  }

  /**
   * {@code [2001:db8::]} is a mapping with an empty value by the letter of YAML, and an address to
   * everybody who writes it and to the parser of kubectl.
   */
  private static JsonNode withTrailingColons(JsonNode item) {
    if (item.size() == 1) {
      Map.Entry<String, JsonNode> only = item.properties().iterator().next();
      if (only.getValue().isNull() && only.getKey().endsWith(":")) {
        return JsonNodeFactory.instance.textNode(only.getKey() + ":");
      }
    }
    return item;
  }

  private ObjectNode mapping(int depth) throws MalformedException {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    for (Event e = events.next(); e.getEventId() != Event.ID.MappingEnd; e = events.next()) {
      if (!(e instanceof ScalarEvent key)) {
        throw at(e, "a key must be a scalar");
      }
      count(e, 1);
      JsonNode value = node(events.next(), depth + 1);
      if (object.has(key.getValue())) {
        throw at(e, "duplicate key \"" + key.getValue() + "\"");
      }
      object.set(key.getValue(), value);
    }
    return object;
  }

  private static JsonNode scalar(ScalarEvent event) throws MalformedException {
    String value = event.getValue();
    String tag = event.getTag().orElse(null);
    if (tag != null && !tag.equals("!")) {
      return tagged(event, tag, value);
    }
    boolean plain = tag == null && event.getScalarStyle() == ScalarStyle.PLAIN;
    return plain ? plain(value) : JsonNodeFactory.instance.textNode(value);
  }

  private static JsonNode tagged(ScalarEvent event, String tag, String value)
      throws MalformedException {
    if (tag.equals(CORE_TAG + "str")) {
      return JsonNodeFactory.instance.textNode(value);
    }
    boolean core =
        tag.equals(CORE_TAG + "int")
            || tag.equals(CORE_TAG + "float")
            || tag.equals(CORE_TAG + "bool")
            || tag.equals(CORE_TAG + "null");
    JsonNode node = plain(value);
    if (!core || node.isTextual()) {
      throw at(event, "tag " + tag + " is not allowed here");
    }
    return node;
  }

  /** The core schema of YAML 1.2: {@code no} and {@code 1.2.3.4} and {@code 1:2} are text. */
  private static JsonNode plain(String value) {
    JsonNodeFactory json = JsonNodeFactory.instance;
    switch (value) {
      case "", "~", "null", "Null", "NULL":
        return json.nullNode();
      case "true", "True", "TRUE":
        return json.booleanNode(true);
      case "false", "False", "FALSE":
        return json.booleanNode(false);
      default:
        break;
    }
    if (INTEGER.matcher(value).matches()) {
      return integer(new BigInteger(value.startsWith("+") ? value.substring(1) : value));
    }
    if (HEXADECIMAL.matcher(value).matches()) {
      return integer(new BigInteger(value.substring(2), 16));
    }
    if (OCTAL.matcher(value).matches()) {
      return integer(new BigInteger(value.substring(2), 8));
    }
    return REAL.matcher(value).matches()
        ? json.numberNode(new BigDecimal(value).doubleValue())
        : json.textNode(value);
  }

  private static JsonNode integer(BigInteger value) {
    if (value.bitLength() < 32) {
      return JsonNodeFactory.instance.numberNode(value.intValue());
    }
    return value.bitLength() < 64
        ? JsonNodeFactory.instance.numberNode(value.longValue())
        : JsonNodeFactory.instance.numberNode(value);
  }

  private static MalformedException at(@Nullable Event event, String what) {
    String where =
        Optional.ofNullable(event)
            .flatMap(Event::getStartMark)
            .map(m -> "line " + (m.getLine() + 1) + ", column " + (m.getColumn() + 1) + ": ")
            .orElse("");
    return new MalformedException(where + what);
  }
}
