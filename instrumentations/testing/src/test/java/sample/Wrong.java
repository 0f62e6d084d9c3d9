package sample;

/** Lacks the method that the declaration names. */
public class Wrong {}
