-- Who works here. `id` is scim-edge's id of the user; it never changes, and everything else may.
CREATE TABLE employees (
  id TEXT PRIMARY KEY,
  external_id TEXT,
  email TEXT,
  first_name TEXT,
  last_name TEXT,
  building_id TEXT,
  preferred_language TEXT,
  active INTEGER NOT NULL,
  departments TEXT NOT NULL, -- names as a JSON list, the main one first
  groups TEXT NOT NULL -- ids as a JSON list: whom a change of a group concerns
) STRICT;

CREATE TABLE departments (name TEXT PRIMARY KEY) STRICT;

-- The same as `employees.departments`, to be joined.
CREATE VIEW department_members AS
  SELECT d.value AS department, e.id AS employee, d.key = 0 AS is_main
  FROM employees e, json_each(e.departments) d;

-- Up to where the feed of events is worked off; -1: read the whole directory first.
CREATE TABLE feed (position INTEGER NOT NULL) STRICT;
INSERT INTO feed VALUES (-1);
