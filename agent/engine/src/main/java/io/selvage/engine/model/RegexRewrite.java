package io.selvage.engine.model;

/** An RE2 substitution with {@code \1} groups (Envoy {@code RegexMatchAndSubstitute}). */
public record RegexRewrite(String regex, String substitution) {}
