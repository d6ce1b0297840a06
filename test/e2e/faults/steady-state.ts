/** Whether a lab is as it should be: everything is Ready, answers by name and address from every node, and what is deleted comes back. */
import type { TestLab } from '../test-lab.ts'

export const steadyObjects = { deployments: ['default/web'], services: ['default/web'], secrets: ['default/password'], rolebindings: ['default/readers'], namespaces: ['default'] } as const

export async function makeSteadyObjects(lab: TestLab): Promise<void> {
  await lab.must(['create', 'deployment', 'web', '--image=web', '--replicas=3'])
  await lab.must(['patch', 'deployment', 'web', '-p', '{"spec":{"template":{"spec":{"terminationGracePeriodSeconds":0,"containers":[{"name":"web","imagePullPolicy":"IfNotPresent"}]}}}}'])
  await lab.must(['expose', 'deployment', 'web', '--port=80'])
  await lab.must(['create', 'secret', 'generic', 'password', '--from-literal=a=b'])
  await lab.must(['create', 'role', 'reader', '--verb=list', '--resource=pods'])
  await lab.must(['create', 'rolebinding', 'readers', '--role=reader', '--user=jane'])
  await lab.must(['rollout', 'status', 'deployment', 'web', '--timeout=120s'])
}

const askByName = "const { Resolver } = require('node:dns').promises; const resolver = new Resolver({ timeout: 3000, tries: 1 }); resolver.setServers(['10.96.0.10']); resolver.resolve4('web.default.svc.cluster.local').then(([ip]) => fetch(`http://${ip}/`, { signal: AbortSignal.timeout(3000) })).then(reply => console.log(reply.status), error => console.log(String(error.cause ?? error)))"

/** What is not steady, or undefined. */
export async function unsteady(lab: TestLab, nodes: readonly string[]): Promise<string | undefined> {
  const field = async (path: string, ...argv: string[]) => (await lab.kubectl(['get', ...argv, '-o', `jsonpath={${path}}`], 10_000)).stdout
  const open = (JSON.parse((await lab.kubarium(['fault', 'list', '--name', lab.name, '-o', 'json'])).stdout) as readonly { kind: string; phase: string; problem: string | null }[]).filter(({ phase }) => phase !== 'over')
  if (open.length > 0) return `not healed: ${open.map(({ kind, problem }) => `${kind} (${problem})`).join(', ')}`
  const ready = await field('.items[*].status.conditions[?(@.type=="Ready")].status', 'nodes')
  if (ready !== nodes.map(() => 'True').join(' ')) return `nodes are Ready: ${ready}`
  const web = await field('.status.readyReplicas', 'deployment', 'web')
  if (web !== '3') return `${web || 'no'} replicas of 3 are ready`
  const names = await field('.status.readyReplicas', 'deployment', 'kube-dns', '-n', 'kube-system')
  if (names !== '2') return `${names || 'no'} name servers of 2 are ready`
  for (const node of nodes) {
    const { stdout, stderr } = await lab.kubarium(['ssh', '--name', lab.name, node, '--', '/usr/local/bin/node', '-e', askByName], 20_000)
    if (stdout.trim() !== '200') return `from ${node}, web says ${stdout.trim()} ${stderr.trim()}`
  }
  return undefined
}

/** That a pod which is deleted is made again: controllers, scheduler, kubelet and runtime work. @returns why not, or undefined */
export async function unrepaired(lab: TestLab): Promise<string | undefined> {
  const pods = async () => (await lab.kubectl(['get', 'pods', '-l', 'app=web', '-o', 'jsonpath={range .items[?(@.status.phase=="Running")]}{.metadata.uid} {end}'], 10_000)).stdout.trim().split(' ').filter(uid => uid !== '')
  const before = await pods()
  await lab.must(['delete', 'pod', (await lab.kubectl(['get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[0].metadata.name}'])).stdout, '--grace-period=0', '--force'])
  for (let waited = 0; waited < 60_000; waited += 500) {
    const now = await pods()
    if (now.length === 3 && now.some(uid => !before.includes(uid))) return undefined
    await new Promise(resolve => { setTimeout(resolve, 500) })
  }
  return 'a pod that was deleted did not come back within a minute'
}
