package io.selvage.controller.analysis;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * A document to look at.
 *
 * @param reference where it was read, for messages
 */
public record Document(String reference, JsonNode json) {}
