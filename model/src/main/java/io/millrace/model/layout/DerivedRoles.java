package io.millrace.model.layout;

import io.millrace.model.contract.RoleContract;
import java.util.List;

/**
 * Both roles, and where their parts come from.
 *
 * @param query how queries become vectors
 * @param document how documents become vectors
 * @param reasons one sentence each
 */
record DerivedRoles(RoleContract query, RoleContract document, List<String> reasons) {
    DerivedRoles {
        reasons = List.copyOf(reasons);
    }
}
