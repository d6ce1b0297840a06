/**
 * Rules inside components, by their /debug/faults (agents/runtime/fault-api.ts).
 *
 *   FH1  A rule is set for a short while and set again while its fault lasts, so that it ends by itself where nobody is left to
 *        end it, and comes back to a component that started again.
 *   FH2  `dns` is every name server of the cluster: a rule that none of them takes has failed.
 *   FH3  A component that cannot be reached has nothing to be ended: it has lost the rule with its process, or will let it lapse.
 */
import { faultsPath, faultTokenHeader } from '../../../agents/runtime/fault-api.ts'
import type { HookRule } from '../drills/fault.ts'
import { nameServerPort, placeOf, targetOf } from './component-actions.ts'
import { askComponent } from './inspect-component.ts'
import type { Lab } from './lab.ts'
import { LabError } from './lab-error.ts'

/** FH1: several times what there is between two settings. */
const leaseMs = 20_000

export async function setHook(lab: Lab, component: string, id: string, rule: HookRule, leftMs: number | null): Promise<void> {
  await ask(lab, component, 'PUT', id, JSON.stringify({ ...rule, forMs: Math.max(1, Math.min(leaseMs, leftMs ?? leaseMs)) }))
}

export async function clearHook(lab: Lab, component: string, id: string): Promise<void> {
  try {
    await ask(lab, component, 'DELETE', id)
  } catch (error) {
    if (!(error instanceof LabError) || (error.code !== 'unavailable' && error.code !== 'unsupported')) throw error // FH3
  }
}

async function ask(lab: Lab, component: string, method: 'PUT' | 'DELETE', id: string, body?: string): Promise<void> {
  const token = lab.faultToken()
  if (token === undefined) throw new LabError('unsupported', `faults inside the components of lab ${lab.name} are switched off; delete the lab and make it anew without faultInjection: false in its file`)
  const headers = { [faultTokenHeader]: token }
  const path = `${faultsPath}/${encodeURIComponent(id)}`
  if (component === 'dns') await askNameServers(lab, method, path, body, headers)
  else await askComponent(hookTarget(lab, component), { method, path, headers, ...(body === undefined ? {} : { body }) })
}

function hookTarget(lab: Lab, component: string): ReturnType<typeof targetOf> {
  const target = targetOf(lab, component)
  const { service, node } = placeOf(lab, component)
  return node !== null && service === 'kubelet' ? { ...target, base: 'http://127.0.0.1:10248' } : target // its secure port knows nothing of faults
}

/** FH2 */
async function askNameServers(lab: Lab, method: string, path: string, body: string | undefined, headers: Readonly<Record<string, string>>): Promise<void> {
  const { client } = lab
  if (client === undefined) throw new LabError('unavailable', `the API server of lab ${lab.name} is not running`)
  const pods = (await client.get('/api/v1/namespaces/kube-system/pods?labelSelector=k8s-app%3Dkube-dns')) as { readonly items: readonly { readonly metadata: { readonly name: string }; readonly status?: { readonly podIP?: string } }[] }
  const running = pods.items.filter(({ status }) => status?.podIP !== undefined)
  const replies = await Promise.all(running.map(({ metadata: { name } }) => client.ask(method, `/api/v1/namespaces/kube-system/pods/${name}:${nameServerPort}/proxy${path}`, body === undefined ? undefined : JSON.parse(body), headers, AbortSignal.timeout(10_000))))
  const refused = replies.find(({ code }) => code === 400) ?? (replies.some(({ code }) => code === 200) ? undefined : replies[0])
  if (running.length === 0) throw new LabError('unavailable', 'no name server is running; see: kubarium kubectl -- -n kube-system get pods -l k8s-app=kube-dns')
  if (refused?.code === 404) throw new LabError('unsupported', 'the name servers run an older image, which knows no faults; build it anew with: kubarium images build, and make the lab anew')
  if (refused !== undefined) throw new LabError(refused.code === 400 ? 'invalid-argument' : 'unavailable', `the name servers answered ${refused.code}: ${refused.text.slice(0, 500)}`)
}
