// Compares JSON with an expectation that names only what matters.
//
// An object in an expectation lists some members; others may be there. An array lists all elements in
// their order. A scalar stands for itself. An object whose keys begin with `$` is a matcher:
//
//     {"$exists": true}            anything, null excepted
//     {"$absent": true}            not there at all
//     {"$type": "string"}          JSON's type: string number integer boolean object array
//     {"$equals": <json>}          exactly this, nothing more
//     {"$matches": "^W/"}          a string in which the expression is found
//     {"$contains": [<expected>]}  an array with, for each of these, an element that matches it
//     {"$lacks": [<expected>]}     an array without any element that matches one of these
//     {"$length": 2}               an array of so many
//     {"$anyOf": [<expected>]}     one of these
//     {"$atLeast": 1, "$atMost": 9}

const matchers = {
  $exists: (actual) => actual !== undefined && actual !== null,
  $absent: (actual) => actual === undefined,
  $type: (actual, type) => (type === "integer" ? Number.isInteger(actual) : typeOf(actual) === type),
  $equals: (actual, expected) => same(actual, expected),
  $matches: (actual, expression) => typeof actual === "string" && new RegExp(expression, "u").test(actual),
  $contains: (actual, expected) =>
    Array.isArray(actual) && expected.every((one) => actual.some((element) => matches(element, one))),
  $lacks: (actual, expected) =>
    Array.isArray(actual) && !expected.some((one) => actual.some((element) => matches(element, one))),
  $length: (actual, length) => Array.isArray(actual) && actual.length === length,
  $anyOf: (actual, expected) => expected.some((one) => matches(actual, one)),
  $atLeast: (actual, least) => typeof actual === "number" && actual >= least,
  $atMost: (actual, most) => typeof actual === "number" && actual <= most,
};

/** The first difference as a sentence with its place, or null. */
export function difference(actual, expected, place = "$") {
  if (isMatcher(expected)) {
    for (const [name, argument] of Object.entries(expected)) {
      if (!(name in matchers)) throw new Error(`no matcher is called ${name}`);
      if (!matchers[name](actual, argument)) {
        return `${place}: expected ${JSON.stringify({ [name]: argument })}, found ${show(actual)}`;
      }
    }
    return null;
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return `${place}: expected an array, found ${show(actual)}`;
    if (actual.length !== expected.length) {
      return `${place}: expected ${expected.length} elements, found ${show(actual)}`;
    }
    return first(expected.map((one, index) => () => difference(actual[index], one, `${place}[${index}]`)));
  }
  if (typeOf(expected) === "object") {
    if (typeOf(actual) !== "object") return `${place}: expected an object, found ${show(actual)}`;
    return first(
      Object.entries(expected).map(([name, one]) => () => difference(actual[name], one, `${place}.${name}`)),
    );
  }
  return actual === expected ? null : `${place}: expected ${JSON.stringify(expected)}, found ${show(actual)}`;
}

export function matches(actual, expected) {
  return difference(actual, expected) === null;
}

function first(checks) {
  for (const check of checks) {
    const found = check();
    if (found) return found;
  }
  return null;
}

function isMatcher(value) {
  const keys = typeOf(value) === "object" ? Object.keys(value) : [];
  // `$ref` is an attribute of SCIM, not a matcher.
  return keys.length > 0 && keys.every((key) => key.startsWith("$") && key !== "$ref");
}

function same(left, right) {
  if (typeOf(left) !== typeOf(right)) return false;
  if (Array.isArray(left)) {
    return left.length === right.length && left.every((one, index) => same(one, right[index]));
  }
  if (typeOf(left) === "object") {
    const keys = Object.keys(left);
    return keys.length === Object.keys(right).length && keys.every((key) => same(left[key], right[key]));
  }
  return left === right;
}

function typeOf(value) {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

function show(value) {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
