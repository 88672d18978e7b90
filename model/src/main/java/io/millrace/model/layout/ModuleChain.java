package io.millrace.model.layout;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The modules that sentence-transformers passes texts through: {@code modules.json}, and the routes of a Router in it. */
final class ModuleChain {
    /** The chain of modules. */
    static final String MODULES = "modules.json";

    private static final String ROUTES = "router_config.json";

    /**
     * A module of the chain.
     *
     * @param type class without its package
     * @param path sub-directory with its files; empty for the root
     */
    record Module(String type, String path) {}

    private ModuleChain() {}

    /**
     * Modules that texts of a route pass through, in order.
     *
     * @param route {@code query} or {@code document}
     * @throws io.millrace.model.InvalidModelException if there are none, or one is outside the directory
     */
    static List<Module> of(Path root, String route) throws IOException {
        LayoutJson modules = LayoutJson.read(root.resolve(MODULES));
        List<Module> chain = new ArrayList<>();
        for (JsonNode entry : modules.node()) {
            Module module =
                    module(modules, entry.path("type"), entry.path("path").asText());
            if (module.type().equals("Router") || module.type().equals("Asym")) {
                chain.addAll(routed(root, module, route));
            } else {
                chain.add(module);
            }
        }
        if (chain.isEmpty()) {
            throw modules.refused("it names no modules; save the model again with sentence-transformers");
        }
        return chain;
    }

    private static List<Module> routed(Path root, Module router, String route) throws IOException {
        Path folder = root.resolve(router.path());
        LayoutJson routes = LayoutJson.read(folder.resolve(ROUTES));
        if (!routes.exists()) {
            // Its name before version 5.
            routes = LayoutJson.read(folder.resolve(EncoderFiles.CONFIG));
        }
        List<Module> chain = new ArrayList<>();
        for (JsonNode id : routes.node().path("structure").path(route)) {
            String place = router.path().isEmpty() ? id.asText() : router.path() + "/" + id.asText();
            chain.add(module(routes, routes.node().path("types").path(id.asText()), place));
        }
        if (chain.isEmpty()) {
            throw routes.refused("it has no route named '" + route
                    + "'; only models with the routes query and document " + "are supported");
        }
        return chain;
    }

    private static Module module(LayoutJson file, JsonNode reference, String place) {
        Path path = Path.of(place.replace('\\', '/')).normalize();
        if (path.isAbsolute() || path.startsWith("..")) {
            throw file.refused("it places a module in '" + place
                    + "', outside the checkpoint; save the model again with " + "sentence-transformers");
        }
        String type = reference.asText();
        return new Module(type.substring(type.lastIndexOf('.') + 1), path.toString());
    }
}
