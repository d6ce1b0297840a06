/** The objects of a lab's cluster that say what a fault would concern. */
import type { ClusterSeen } from '../drills/running/impact.ts'
import type { Lab } from './lab.ts'
import { LabError } from './lab-error.ts'

export async function seenCluster({ name: lab, client, spec }: Lab): Promise<ClusterSeen> {
  if (client === undefined) throw new LabError('unavailable', `the API server of lab ${lab} is not running`)
  const [pods, services, deployments] = await Promise.all(['/api/v1/pods', '/api/v1/services', '/apis/apps/v1/deployments'].map(async path => ((await client.get(path)) as { readonly items: readonly unknown[] }).items))
  return { nodes: spec.nodes.map(({ name }) => name), pods, services, deployments } as unknown as ClusterSeen
}
