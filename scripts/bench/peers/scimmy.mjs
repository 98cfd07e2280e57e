// scimmy-routers on Express, with users in a Map: what its documents leave to the application.

import { randomUUID } from "node:crypto";
import express from "express";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";

const users = new Map();

SCIMMY.Config.set({ filter: { supported: true, maxResults: 200 } });

SCIMMY.Resources.declare(SCIMMY.Resources.User, {
  ingress(resource, data) {
    const id = resource.id ?? randomUUID();
    const user = { ...data, id };
    users.set(id, user);
    return user;
  },
  egress(resource) {
    if (!resource.id) return [...users.values()];
    const user = users.get(resource.id);
    if (!user) throw new SCIMMY.Types.Error(404, null, `There is no user ${resource.id}`);
    return user;
  },
  degress: (resource) => users.delete(resource.id),
});

express()
  .use("/scim", new SCIMMYRouters({ type: "bearer", handler: () => "bench" }))
  .listen(Number(process.argv[2]), "127.0.0.1");
