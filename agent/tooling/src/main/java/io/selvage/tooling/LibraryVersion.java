package io.selvage.tooling;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.security.CodeSource;
import java.security.ProtectionDomain;
import java.util.Properties;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds out which version of a library is there, from where its classes came. Reads jar files;
 * loads nothing.
 */
final class LibraryVersion {
  private static final Pattern IN_FILE_NAME = Pattern.compile("-(\\d[\\w.\\-+]*?)\\.jar[!/]*$");

  private LibraryVersion() {}

  /** Where a class came from, as text; {@code null} if nothing tells. */
  static @Nullable String location(@Nullable ProtectionDomain domain) {
    CodeSource source = domain == null ? null : domain.getCodeSource();
    return source == null || source.getLocation() == null ? null : source.getLocation().toString();
  }

  /**
   * The version, by {@code pom.properties} in the jar, its name, or its manifest, in this order.
   *
   * @param location as {@link #location} gave it
   */
  static @Nullable String of(SeamFile.Library library, @Nullable String location) {
    if (library.isJdk()) {
      return Runtime.version().toString();
    }
    if (location == null) {
      return null;
    }
    if (location.startsWith("file:") && location.endsWith(".jar")) {
      String version = inJar(library, location);
      if (version != null) {
        return version;
      }
    }
    Matcher name = IN_FILE_NAME.matcher(location);
    return name.find() ? name.group(1) : null;
  }

  private static @Nullable String inJar(SeamFile.Library library, String location) {
    try (var jar = new JarFile(new File(URI.create(location)), false)) {
      String version = inPom(library, jar);
      if (version != null) {
        return version;
      }
      Matcher name = IN_FILE_NAME.matcher(location);
      return name.find() ? name.group(1) : inManifest(jar);
    } catch (IOException | IllegalArgumentException e) {
      return null; // what cannot be read has no version to show
    }
  }

  private static @Nullable String inPom(SeamFile.Library library, JarFile jar) throws IOException {
    var entry =
        jar.getEntry(
            "META-INF/maven/" + library.coordinates().replace(':', '/') + "/pom.properties");
    if (entry == null) {
      return null;
    }
    var properties = new Properties();
    try (InputStream in = jar.getInputStream(entry)) {
      properties.load(in);
    }
    return properties.getProperty("version");
  }

  private static @Nullable String inManifest(JarFile jar) throws IOException {
    Manifest manifest = jar.getManifest();
    return manifest == null
        ? null
        : manifest.getMainAttributes().getValue(Attributes.Name.IMPLEMENTATION_VERSION);
  }
}
