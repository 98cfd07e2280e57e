// What the app keeps of a user: one member for each column of the table. A column of your own that comes from the
// directory is added here and in migrations/.

import type { Directory } from "../../../client";

export type Employee = ReturnType<typeof employee>;

export function employee(user: Directory["User"]) {
  const workplace = user.scim["urn:scim-edge:workplace:2.0:User"] as { buildingId?: string } | undefined;
  return {
    id: user.id,
    external_id: user.external_id,
    email: user.email,
    first_name: user.given_name,
    last_name: user.family_name,
    building_id: workplace?.buildingId ?? null,
    preferred_language: user.preferred_language,
    active: user.active,
    departments: user.departments,
    groups: user.groups.map((group) => group.id),
  };
}
