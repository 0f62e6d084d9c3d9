package io.selvage.control.parse;

import io.envoyproxy.envoy.config.route.v3.RateLimit;
import io.selvage.engine.model.LocalRateLimit;
import io.selvage.engine.model.LocalRateLimit.Action;
import io.selvage.engine.model.LocalRateLimit.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Rules by which requests are told apart for rate limits. What is not known is refused: a rule that
 * is left out is a limit that does not hold.
 */
final class RateLimitRules {
  private static final int MAX_STAGE = 10;

  private RateLimitRules() {}

  /**
   * Reads rules in order.
   *
   * @param ofHost whether they are a virtual host's
   */
  static List<Rule> of(List<RateLimit> limits, boolean ofHost, Field f) {
    List<Rule> rules = new ArrayList<>();
    for (int i = 0; i < limits.size(); i++) {
      RateLimit limit = limits.get(i);
      Field at = f.at("rate_limits", i);
      at.forbidden(limit.hasLimit(), "limit");
      at.forbidden(limit.hasHitsAddend(), "hits_addend");
      at.forbidden(limit.getApplyOnStreamDone(), "apply_on_stream_done");
      if (limit.getStage().getValue() < 0 || limit.getStage().getValue() > MAX_STAGE) {
        at.at("stage").refuse("must be 0 to 10");
      }
      if (!limit.getDisableKey().isEmpty()) {
        at.at("disable_key").warn("a rule with a key counts for no local rate limit, as in Envoy");
        continue;
      }
      List<Action> actions = new ArrayList<>();
      for (int j = 0; j < limit.getActionsCount(); j++) {
        Action action = action(limit.getActions(j), at.at("actions", j));
        if (action != null) {
          actions.add(action);
        }
      }
      if (limit.getActionsCount() == 0) {
        at.at("actions").refuse("must not be empty");
      }
      rules.add(new Rule(limit.getStage().getValue(), actions, ofHost));
    }
    return rules;
  }

  private static @Nullable Action action(RateLimit.Action action, Field f) {
    f.nothingUnknown(action);
    return switch (action.getActionSpecifierCase()) {
      case REQUEST_HEADERS ->
          new LocalRateLimit.RequestHeader(
              action.getRequestHeaders().getHeaderName().toLowerCase(Locale.ROOT),
              action.getRequestHeaders().getDescriptorKey(),
              action.getRequestHeaders().getSkipIfAbsent());
      case QUERY_PARAMETERS ->
          new LocalRateLimit.QueryParameter(
              action.getQueryParameters().getQueryParameterName(),
              action.getQueryParameters().getDescriptorKey(),
              action.getQueryParameters().getSkipIfAbsent());
      case GENERIC_KEY ->
          new LocalRateLimit.GenericKey(
              key(action.getGenericKey().getDescriptorKey(), "generic_key"),
              action.getGenericKey().getDescriptorValue());
      case HEADER_VALUE_MATCH -> headers(action.getHeaderValueMatch(), f);
      case QUERY_PARAMETER_VALUE_MATCH -> query(action.getQueryParameterValueMatch(), f);
      case DESTINATION_CLUSTER -> new LocalRateLimit.DestinationCluster();
      case SOURCE_CLUSTER -> new LocalRateLimit.SourceCluster();
      case REMOTE_ADDRESS -> new LocalRateLimit.RemoteAddress();
      case MASKED_REMOTE_ADDRESS -> masked(action.getMaskedRemoteAddress(), f);
      default -> {
        f.refuse("action not supported: " + action.getActionSpecifierCase());
        yield null;
      }
    };
  }

  private static Action headers(RateLimit.Action.HeaderValueMatch match, Field f) {
    return new LocalRateLimit.HeaderValueMatch(
        key(match.getDescriptorKey(), "header_match"),
        match.getDescriptorValue(),
        !match.hasExpectMatch() || match.getExpectMatch().getValue(),
        Matchers.headers(match.getHeadersList(), f.at("header_value_match"), "headers"));
  }

  private static Action query(RateLimit.Action.QueryParameterValueMatch match, Field f) {
    return new LocalRateLimit.QueryValueMatch(
        key(match.getDescriptorKey(), "query_match"),
        match.getDescriptorValue(),
        !match.hasExpectMatch() || match.getExpectMatch().getValue(),
        Matchers.query(
            match.getQueryParametersList(),
            f.at("query_parameter_value_match"),
            "query_parameters"));
  }

  private static Action masked(RateLimit.Action.MaskedRemoteAddress mask, Field f) {
    int v4 = Values.number(mask.hasV4PrefixMaskLen(), mask.getV4PrefixMaskLen(), 32);
    int v6 = Values.number(mask.hasV6PrefixMaskLen(), mask.getV6PrefixMaskLen(), 128);
    if (v4 < 0 || v4 > 32) {
      f.at("masked_remote_address.v4_prefix_mask_len").refuse("must be 0 to 32; found " + v4);
    }
    if (v6 < 0 || v6 > 128) {
      f.at("masked_remote_address.v6_prefix_mask_len").refuse("must be 0 to 128; found " + v6);
    }
    return new LocalRateLimit.MaskedRemoteAddress(v4, v6);
  }

  private static String key(String written, String otherwise) {
    return written.isEmpty() ? otherwise : written;
  }
}
