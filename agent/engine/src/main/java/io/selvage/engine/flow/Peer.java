package io.selvage.engine.flow;

import org.jspecify.annotations.Nullable;

/**
 * The other end of a connection, parsed once per connection.
 *
 * @param address the remote IP address in text
 * @param localPort the application's port
 * @param tls whether the connection is TLS of the mesh
 * @param principal the verified {@code spiffe://…} id; null when there is none
 * @param serverName SNI; null when none
 * @param certificateHash lower-case hex SHA-256 of the leaf, for {@code x-forwarded-client-cert};
 *     null when none
 */
public record Peer(
    String address,
    int remotePort,
    String localAddress,
    int localPort,
    boolean tls,
    @Nullable String principal,
    @Nullable String serverName,
    @Nullable String certificateHash) {}
