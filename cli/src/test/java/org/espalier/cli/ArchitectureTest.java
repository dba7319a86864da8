package org.espalier.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Arrays;

/** The arrows of {@code docs/architecture.md}: who may know whom. */
@AnalyzeClasses(packages = "org.espalier", importOptions = DoNotIncludeTests.class)
final class ArchitectureTest {
  private static final String[] ABOVE_GRAPH =
      modules("reference", "engine", "torch", "prune", "train", "study", "cli");

  @ArchTest static final ArchRule GRAPH_IS_THE_GROUND = never("graph", ABOVE_GRAPH);

  @ArchTest
  static final ArchRule THE_ENGINE_DEPLOYS_WITH_GRAPH_ALONE =
      never("engine", modules("reference", "torch", "prune", "train", "study", "cli"));

  @ArchTest
  static final ArchRule THE_SECOND_OPINION_KNOWS_ONLY_GRAPH =
      never("reference", modules("engine", "torch", "prune", "train", "study", "cli"));

  @ArchTest
  static final ArchRule TORCH_KNOWS_NO_METHOD =
      never("torch", modules("reference", "engine", "prune", "train", "study", "cli"));

  @ArchTest
  static final ArchRule PRUNE_DOES_NOT_TRAIN =
      never("prune", modules("reference", "engine", "train", "study", "cli"));

  @ArchTest
  static final ArchRule TRAIN_DOES_NOT_STUDY =
      never("train", modules("reference", "engine", "study", "cli"));

  @ArchTest static final ArchRule STUDY_KNOWS_NO_COMMAND = never("study", modules("cli"));

  @ArchTest
  static final ArchRule GRAPH_AND_ENGINE_ARE_PURE_JAVA =
      noClasses()
          .that()
          .resideInAnyPackage(modules("graph", "engine"))
          .and()
          .resideOutsideOfPackage("org.espalier.graph.testing..") // for tests, in a jar of its own
          .should()
          .dependOnClassesThat()
          .resideOutsideOfPackages("java..", "jdk.incubator.vector..", "org.espalier..");

  @ArchTest
  static final ArchRule PACKAGES_HAVE_NO_CYCLES =
      slices().matching("org.espalier.(**)").should().beFreeOfCycles();

  private static ArchRule never(String module, String... others) {
    return noClasses()
        .that()
        .resideInAPackage("org.espalier." + module + "..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(others)
        .allowEmptyShould(true);
  }

  private static String[] modules(String... names) {
    return Arrays.stream(names).map(name -> "org.espalier." + name + "..").toArray(String[]::new);
  }
}
