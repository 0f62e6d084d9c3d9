package io.selvage.controller.translate;

import io.selvage.controller.translate.proto.NameTable;

/** Names that workloads can call, with their virtual addresses (Istio's NDS). */
final class NameTables {
  static final String NAME = "nametable";

  private NameTables() {}

  static NameTable of(Scope scope, Caller caller) {
    NameTable.Builder table = NameTable.newBuilder();
    for (MeshService service : scope.services()) {
      if (service.vip().isEmpty()) {
        continue;
      }
      NameTable.NameInfo info =
          NameTable.NameInfo.newBuilder()
              .addAllIps(service.singleAddresses())
              .setRegistry(service.kind() == MeshService.Kind.ENTRY ? "External" : "Kubernetes")
              .setShortname(service.kind() == MeshService.Kind.ENTRY ? "" : service.name())
              .setNamespace(service.namespace())
              .build();
      for (String name : service.namesFor(caller.namespace())) {
        if (!table.containsTable(name)) {
          table.putTable(name, info);
        }
      }
    }
    return table.build();
  }
}
