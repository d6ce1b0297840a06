/** The store of a lab, past its API server, as a client of etcd sees it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Etcd3 } from 'etcd3'
import type { TestLab } from '../test-lab.ts'

/** Whether a key with a lease of two seconds that is kept alive is still there after five. */
export function keptLease(lab: TestLab): Promise<boolean> {
  return withStore(lab, async client => {
    const lease = client.lease(2)
    lease.on('lost', () => {})
    await lease.put('drills/kept').value('x')
    await new Promise(resolve => { setTimeout(resolve, 5_000) })
    const isThere = (await client.get('drills/kept').string()) !== null
    await lease.revoke().catch(() => {})
    return isThere
  })
}

/** Its bytes as latin1; empty where there is none. */
export function valueOf(lab: TestLab, key: string): Promise<string> {
  return withStore(lab, async client => (await client.get(key).buffer())?.toString('latin1') ?? '')
}

async function withStore<T>(lab: TestLab, use: (client: Etcd3) => Promise<T>): Promise<T> {
  const read = (name: string) => readFileSync(join(lab.home, 'labs', lab.name, 'pki', name))
  const { stdout } = await lab.kubarium(['component', 'list', '--name', lab.name, '-o', 'json'])
  const { address } = (JSON.parse(stdout) as { name: string; address: string }[]).find(({ name }) => name === 'etcd')!
  const client = new Etcd3({ hosts: `https://${address}`, credentials: { rootCertificate: read('etcd-ca.crt'), privateKey: read('apiserver-etcd-client.key'), certChain: read('apiserver-etcd-client.crt') } })
  try {
    return await use(client)
  } finally {
    client.close()
  }
}
