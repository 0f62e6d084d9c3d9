package io.selvage.engine.model;

/** An address prefix; {@code address} is an IP address in text. */
public record CidrRange(String address, int prefixLength) {}
