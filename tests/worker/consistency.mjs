// Whether a tenant's tables contradict one another, as the product itself says.

/** Findings as sentences; none in a sound database. */
export async function findings(edge, tenant) {
  const answer = await edge.admin("GET", `/tenants/${tenant.slug}/consistency`);
  if (answer.status !== 200) throw new Error(`no answer about ${tenant.slug}: ${answer.status} ${answer.text}`);
  return answer.json.findings;
}
