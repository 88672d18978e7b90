package io.millrace.deploy;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Who may know whom. The generated protocol classes (io.millrace.v1) are everybody's. */
@AnalyzeClasses(packages = "io.millrace", importOptions = ImportOption.DoNotIncludeTests.class)
class ModuleArrowsTest {
    private static final String MODEL = "io.millrace.model..";
    private static final String VECTOR = "io.millrace.vector..";
    private static final String SERVICE = "io.millrace.service..";
    private static final String EVALUATION = "io.millrace.evaluation..";
    private static final String WORKER = "io.millrace.encoder..";
    private static final String INDEX = "io.millrace.index..";
    private static final String COORDINATOR = "io.millrace.coordinator..";
    private static final String TRAINER = "io.millrace.trainer..";
    private static final String CLIENT = "io.millrace.client..";
    private static final String PROTO = "io.millrace.v1..";

    @ArchTest
    static final ArchRule onlyTheModelSeesTheTensorLibrary = noClasses()
            .that(not(resideInAPackage(MODEL)))
            .should()
            .dependOnClassesThat()
            .resideInAPackage("ai.djl..");

    @ArchTest
    static final ArchRule onlyTheStoreSeesRocksDb = noClasses()
            .that(not(resideInAPackage("io.millrace.index.store..")))
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.rocksdb..");

    @ArchTest
    static final ArchRule onlyTheServiceSeesThePrometheusClient = noClasses()
            .that(not(resideInAPackage(SERVICE)))
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.prometheus..");

    @ArchTest
    static final ArchRule vectorsKnowNobody = knowsOnly(VECTOR);

    @ArchTest
    static final ArchRule evaluationKnowsNobody = knowsOnly(EVALUATION);

    @ArchTest
    static final ArchRule theModelKnowsOnlyVectors = knowsOnly(MODEL, VECTOR);

    @ArchTest
    static final ArchRule theModelNeverSeesGrpc = noClasses()
            .that()
            .resideInAPackage(MODEL)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.grpc..", "com.google.protobuf..");

    @ArchTest
    static final ArchRule theServiceKnowsNoRole = knowsOnly(SERVICE, PROTO);

    @ArchTest
    static final ArchRule workersKnowTheModelAndNoOtherServer = knowsOnly(WORKER, MODEL, VECTOR, SERVICE, PROTO);

    @ArchTest
    static final ArchRule indexServersKnowNeitherModelNorOtherServers = knowsOnly(INDEX, VECTOR, SERVICE, PROTO);

    @ArchTest
    static final ArchRule coordinatorsKnowNeitherModelNorOtherServers =
            knowsOnly(COORDINATOR, VECTOR, EVALUATION, SERVICE, PROTO);

    @ArchTest
    static final ArchRule theTrainerKnowsTheModelAndNoOtherServer =
            knowsOnly(TRAINER, MODEL, VECTOR, EVALUATION, SERVICE, PROTO);

    @ArchTest
    static final ArchRule theClientKnowsOnlyTheProtocol = knowsOnly(CLIENT, PROTO);

    @ArchTest
    static final ArchRule namesSayWhatAThingIs = noClasses()
            .that(not(resideInAPackage(PROTO)))
            .should()
            .haveNameMatching(".*\\.(Abstract|Base)[A-Z][^.]*")
            .orShould()
            .haveNameMatching(".*(Util|Utils|Helper|Manager|Impl)(\\$.*)?");

    private static ArchRule knowsOnly(String module, String... others) {
        String[] allowed = new String[others.length + 1];
        allowed[0] = module;
        System.arraycopy(others, 0, allowed, 1, others.length);
        return classes()
                .that()
                .resideInAPackage(module)
                .should()
                .onlyDependOnClassesThat(not(resideInAPackage("io.millrace..")).or(resideInAnyPackage(allowed)));
    }
}
