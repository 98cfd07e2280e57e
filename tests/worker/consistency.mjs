// Whether tables contradict one another, as the product itself says.

/** Of one tenant: findings as sentences; none in a sound database. */
export async function findings(edge, tenant) {
  const answer = await edge.admin("GET", `/tenants/${tenant.slug}/consistency`);
  if (answer.status !== 200) throw new Error(`no answer about ${tenant.slug}: ${answer.status} ${answer.text}`);
  return answer.json.findings;
}

/** Of every tenant that the server has; a server without one is a mistake of the test's. */
export async function allFindings(edge) {
  const found = [];
  let met = 0;
  for (let after = ""; after !== undefined; ) {
    const page = await edge.admin("GET", `/tenants?limit=1000&after=${after}`);
    if (page.status !== 200) throw new Error(`no list of tenants: ${page.status} ${page.text}`);
    for (const tenant of page.json.tenants) found.push(...(await findings(edge, tenant)));
    met += page.json.tenants.length;
    after = page.json.next;
  }
  if (met === 0) throw new Error("there is no tenant to look at");
  return found;
}
