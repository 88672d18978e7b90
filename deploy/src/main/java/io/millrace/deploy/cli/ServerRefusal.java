package io.millrace.deploy.cli;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.client.MillraceException;
import io.millrace.service.Refusals;

/** What servers answer to calls that the client does not have, as a command says it. */
public final class ServerRefusal {
    private ServerRefusal() {}

    /**
     * A refusal.
     *
     * @param address of the server that was asked
     */
    public static MillraceException of(StatusRuntimeException e, String address) {
        Status.Code code = e.getStatus().getCode();
        String said = String.valueOf(e.getStatus().getDescription());
        return new MillraceException(
                code,
                switch (code) {
                    case UNAVAILABLE -> "no answer from " + address + ": " + Refusals.inOneLine(e.getStatus());
                    case DEADLINE_EXCEEDED -> address + " did not answer in time: " + said;
                    case UNIMPLEMENTED -> address + " does not have this call; name a server of this role and version";
                    default -> said;
                });
    }
}
