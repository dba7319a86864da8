package org.espalier.cli;

import picocli.CommandLine.IVersionProvider;

/** The version of this build and what it runs on. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    String version = Main.class.getPackage().getImplementationVersion();
    return new String[] {
      "espalier " + (version == null ? "0.1.0-SNAPSHOT" : version),
      "java "
          + Runtime.version()
          + ", "
          + System.getProperty("os.name")
          + " "
          + System.getProperty("os.arch")
    };
  }
}
